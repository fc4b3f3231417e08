"""``fw recommend``: what a finished run recommends to a user, or after a history."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import (
    data_option,
    device_option,
    json_option,
    make_table,
    run_argument,
    show,
    warn,
)

if TYPE_CHECKING:
    from rich.table import Table

    from fw.engine.recommending import Recommendation
    from fw.errors import UserError


@click.command()
@run_argument
@click.option("--user", "users", multiple=True, metavar="ID", help="A user's id. Repeatable.")
@click.option(
    "--items",
    "histories",
    multiple=True,
    metavar="LIST",
    help='A history of item ids, oldest first: a,b,"c,d". Repeatable.',
)
@click.option("-k", default=10, show_default=True, metavar="K", help="How many at most.")
@click.option("--include-seen", is_flag=True, help="Also recommend what is in the history.")
@data_option
@device_option
@json_option
def command(
    run: Path,
    users: tuple[str, ...],
    histories: tuple[str, ...],
    k: int,
    include_seen: bool,
    data: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Recommend with the best weights of a finished RUN, in the ids of its data.

    A user's history is all that the data has of them. Items that the data does not know are left
    out of a history and counted; with no known item, the most popular are recommended. Exit code 2
    if a user is not known; the others are answered all the same.
    """
    from fw.engine.recommending import Recommender, require_positive
    from fw.engine.restore import restore
    from fw.errors import UserError

    if not users and not histories:
        raise click.UsageError("give --user ID or --items LIST")
    require_positive(k)
    recommender = Recommender(restore(run, device=device, data=data, warn=warn))
    asked = [partial(recommender.for_user, user) for user in users]
    asked += [partial(recommender.for_items, _parsed(text)) for text in histories]
    found, refused = _answers(asked, k=k, include_seen=include_seen)
    if found:
        _print(found, as_json)
    if refused:
        raise UserError("\n".join(map(str, refused)))


def _answers(
    asked: Sequence[Callable[..., Recommendation]], *, k: int, include_seen: bool
) -> tuple[list[Recommendation], list[UserError]]:
    """Answer what can be answered; an unknown user does not stop the others."""
    from fw.errors import UserError

    found: list[Recommendation] = []
    refused: list[UserError] = []
    for ask in asked:
        try:
            found.append(ask(k=k, include_seen=include_seen))
        except UserError as error:
            refused.append(error)
    return found, refused


def _parsed(text: str) -> list[str]:
    """Read a list as one line of CSV, so that an id may hold a comma."""
    return next(csv.reader([text], skipinitialspace=True), [])


def _print(found: Sequence[Recommendation], as_json: bool) -> None:
    for one in found:
        for remark in _remarks(one):
            warn(remark)
    if as_json:
        click.echo(json.dumps({"recommendations": [_plain(one) for one in found]}, indent=2))
        return
    for one in found:
        show(*_parts(one))


def _plain(one: Recommendation) -> dict[str, Any]:
    """Return a recommendation as plain values; titles only where there are any."""
    import attrs

    plain = attrs.asdict(one)
    items = [{k: v for k, v in item.items() if v is not None} for item in plain["items"]]
    return {**plain, "items": items}


def _remarks(one: Recommendation) -> Iterator[str]:
    if one.unknown_items:
        names = ", ".join(map(repr, one.unknown_items))
        yield f"items that the data does not know, left out ({len(one.unknown_items)}): {names}"
    if one.method == "popularity":
        yield "the history has no known item: these are the most popular items"
    if not one.items:
        yield f"nothing is left to recommend: {_title(one)} has every item"


def _parts(one: Recommendation) -> Iterator[Table | str]:
    titled = any(item.title for item in one.items)
    headings = ("rank", "item", "score", *(["title"] if titled else []))
    rows = [
        (str(item.rank), item.item, f"{item.score:.4f}", item.title or "")[: len(headings)]
        for item in one.items
    ]
    yield f"{_title(one)} ({one.history_length} items)"
    yield make_table(headings, rows)


def _title(one: Recommendation) -> str:
    return "the history" if one.user is None else f"user {one.user}"
