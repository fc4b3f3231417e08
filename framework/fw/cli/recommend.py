"""``fw recommend``: what a finished run recommends to users, or after any histories."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import data_option, device_option, json_option, run_argument, show, warn

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from fw.data.interactions import Interactions
    from fw.engine.finished.next_items import Lists
    from fw.engine.finished.recommending import Recommendation, Recommender, Request

_ENDINGS = (".parquet", ".csv")


@click.command()
@run_argument
@click.option("--user", "users", multiple=True, metavar="ID", help="A user's id. Repeatable.")
@click.option(
    "--items",
    "histories",
    multiple=True,
    metavar="LIST",
    help='A history of item ids, oldest first: 12,7,"a,b". Repeatable.',
)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Users with their histories: csv, tsv or parquet with a row an item (user, item).",
)
@click.option("--all", "everybody", is_flag=True, help="Every user of the run's data.")
@click.option("-k", default=10, show_default=True, metavar="K", help="How many at most.")
@click.option("--seen", is_flag=True, help="Also recommend what is in the history.")
@click.option("--index", metavar="NAME", help="Score only what an index finds: hnsw.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the index: index.search_effort=500. Repeatable.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a table to FILE.parquet or FILE.csv; what was there is replaced.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print the table as CSV.")
@data_option
@device_option
@json_option
def command(
    run: Path,
    users: tuple[str, ...],
    histories: tuple[str, ...],
    file: Path | None,
    everybody: bool,
    k: int,
    seen: bool,
    index: str | None,
    overrides: tuple[str, ...],
    output: Path | None,
    as_csv: bool,
    data: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Recommend with the best weights of a finished RUN, in the ids of its data.

    A user's history is all that the data has of them; the data set itself is not needed. Items that
    the data does not know are left out of a history and counted; with no known item, the most
    popular are recommended. Exit code 2 if a user is not known; the others are answered all the
    same.
    """
    _require_request(bool(users or histories or file or everybody))
    _require_form(everybody, output, as_csv, as_json)
    from fw.engine.finished.indexed import open_recommender
    from fw.engine.finished.recommending import require_positive
    from fw.errors import UserError

    require_positive(k)
    recommender = open_recommender(
        run, index=index, overrides=overrides, device=device, data=data, warn=warn
    )
    read = _read(recommender, file) if file else None
    known, refused = _known(recommender, users)
    request = _request(recommender, known, histories, read, everybody)
    if request is not None:
        found = recommender.lists(request, k=k, seen=seen)
        _warn(request, found)
        _give(recommender, request, found, output, as_csv, as_json)
    if refused:
        raise UserError("\n".join(refused))


def _require_request(given: bool) -> None:
    if not given:
        raise click.UsageError("give --user ID, --items LIST, --file FILE or --all")


def _require_form(everybody: bool, output: Path | None, as_csv: bool, as_json: bool) -> None:
    if (output is not None) + as_csv + as_json > 1:
        raise click.UsageError("give only one of -o, --csv and --json")
    if everybody and not (output or as_csv or as_json):
        raise click.UsageError("--all needs -o FILE.parquet or FILE.csv, or --csv or --json")
    if output and output.suffix not in _ENDINGS:
        raise click.UsageError(f"-o {output}: the name must end in {' or '.join(_ENDINGS)}")


def _read(recommender: Recommender, file: Path) -> Interactions:
    """Read histories from a file, and say what was left out."""
    from fw.data.files import read_file

    found = read_file(file, *recommender.columns)
    for name, count in found.counts.items():
        if count:
            warn(f"{file}: {name.replace('_', ' ')}: {count:,}")
    return found


def _known(recommender: Recommender, users: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the users that the data has, and what there is to say of the others."""
    from fw.errors import UserError

    known: list[str] = []
    refused: list[str] = []
    for user in users:
        try:
            recommender.catalogue.row_of(user)
            known.append(user)
        except UserError as error:
            refused.append(str(error))
    return known, refused


def _request(
    recommender: Recommender,
    users: Sequence[str],
    histories: Sequence[str],
    read: Interactions | None,
    everybody: bool,
) -> Request | None:
    """Make one request of all that was asked for, users first; None if nothing is left of it."""
    from fw.engine.finished.recommending import Request

    parts = [recommender.users(users)] if users else []
    parts += [recommender.given([_parsed(text) for text in histories])] if histories else []
    parts += [recommender.read(read)] if read else []
    parts += [recommender.everybody()] if everybody else []
    return Request.joined(parts) if parts else None


def _parsed(text: str) -> list[str]:
    """Read a list as one line of CSV, so that an id may hold a comma."""
    return next(csv.reader([text], skipinitialspace=True), [])


def _warn(request: Request, found: Lists) -> None:
    from fw.engine.finished.remarks import remarks

    for remark in remarks(request, found):
        warn(remark)


def _give(
    recommender: Recommender,
    request: Request,
    found: Lists,
    output: Path | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    if output:
        frame = recommender.frame(request, found)
        _write(frame, output)
        show(f"written: {output} ({len(request):,} lists, {len(frame):,} rows)")
    elif as_csv:
        click.echo(recommender.frame(request, found).to_csv(index=False), nl=False)
    else:
        every = range(len(request))
        _print([recommender.answer(request, found, number) for number in every], request, as_json)


def _write(frame: pd.DataFrame, output: Path) -> None:
    from fw.engine.folders.files import write_bytes

    parquet = output.suffix == ".parquet"
    content = frame.to_parquet() if parquet else frame.to_csv(index=False).encode()
    write_bytes(output, content)


def _print(answers: Sequence[Recommendation], request: Request, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"recommendations": [_plain(one) for one in answers]}, indent=2))
        return
    for number, one in enumerate(answers):
        show(*_parts(request.named(number), one))


def _plain(one: Recommendation) -> dict[str, Any]:
    """Return a recommendation as plain values; titles only where there are any."""
    import attrs

    from fw.cli.items import plain

    lists = {"items": [*map(plain, one.items)], "latest": [*map(plain, one.latest)]}
    return {**attrs.asdict(one), **lists}


def _parts(name: str, one: Recommendation) -> Iterator[Table | str]:
    from fw.cli.items import item_table, words

    yield f"{name} ({one.history_length} items)"
    if one.latest:
        yield f"latest: {'; '.join(map(words, one.latest))}"
    if one.method == "popularity":
        yield item_table(one.items, "times in training", digits=0)
    else:
        yield item_table(one.items)
