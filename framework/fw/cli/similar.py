"""``fw similar``: the items that a finished run takes to be most like an item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import data_option, device_option, json_option, run_argument, show, warn

if TYPE_CHECKING:
    from fw.engine.finished.catalogue import Item, Recommended


@click.command()
@run_argument
@click.option("--item", "item", required=True, metavar="ID", help="The item's id.")
@click.option("-k", default=10, show_default=True, metavar="K", help="How many at most.")
@data_option
@device_option
@json_option
def command(run: Path, item: str, k: int, data: Path | None, device: str, as_json: bool) -> None:
    """Show the items whose embeddings have the highest cosine with that of an item.

    They are those of a finished RUN's best weights. An unknown item ends with exit code 2.
    """
    from fw.engine.finished.catalogue import Catalogue
    from fw.engine.finished.model import open_trained
    from fw.engine.finished.similar import similar_items

    trained = open_trained(run, device=device, data=data, warn=warn)
    found = similar_items(trained, item, k=k)
    catalogue = Catalogue(trained.split.store)
    _print(catalogue.item(catalogue.number_of(item)), found, as_json)


def _print(item: Item, found: tuple[Recommended, ...], as_json: bool) -> None:
    from fw.cli.items import item_table, plain, words

    if as_json:
        click.echo(json.dumps({**plain(item), "similar": [plain(one) for one in found]}, indent=2))
    else:
        show(f"like {words(item)}", item_table(found, score="cosine"))
