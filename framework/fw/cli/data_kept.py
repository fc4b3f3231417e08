"""``fw data kept``: what is kept of cleaned data, and how to be rid of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import json_option, make_table, show

if TYPE_CHECKING:
    from fw.data.kept_list import KeptData


@click.command()
@click.option("--remove", "names", multiple=True, metavar="NAME", help="Remove it. Repeatable.")
@click.option("--clear", is_flag=True, help="Remove all that is kept.")
@json_option
def kept(names: tuple[str, ...], clear: bool, as_json: bool) -> None:
    """List the cleaned data that is kept in the cache, the largest first, or remove some of it.

    Nothing is lost with it but time: the next run reads and cleans its data again. Entries that
    will not be used again say why. Not while data is being prepared: that is an entry too.
    """
    import attrs

    from fw.data.cache import FOLDER
    from fw.data.kept_list import list_kept, remove_kept
    from fw.data.places import Places

    places, removing = Places.from_environment(), clear or bool(names)
    found = remove_kept(places, None if clear else names) if removing else list_kept(places)
    if as_json:
        click.echo(json.dumps([attrs.asdict(entry) for entry in found], indent=2))
    else:
        _show(found, places.cache / FOLDER, "removed from" if removing else "in")


def _show(found: Sequence[KeptData], folder: Path, where: str) -> None:
    if found:
        show(make_table(("kept", "MB", "made (UTC)", "from", ""), map(_cells, found)))
    total = sum(entry.bytes for entry in found) / 1e6
    click.echo(f"{len(found)} in all, {total:,.1f} MB, {where} {folder}")


def _cells(entry: KeptData) -> tuple[str, ...]:
    files = ", ".join(Path(file).name for file in entry.files)
    size, made = f"{entry.bytes / 1e6:,.1f}", entry.made[:16].replace("T", " ")
    return entry.name, size, made, files, entry.note
