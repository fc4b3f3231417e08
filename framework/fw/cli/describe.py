"""``fw describe``: a component's source, settings and defaults."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from fw.cli.common import json_option, load_plugins, make_table, plugin_option, show

if TYPE_CHECKING:
    from fw.config.settings import Setting
    from fw.entries import Entry


@click.command()
@click.argument("kind")
@click.argument("name")
@json_option
@plugin_option
def command(kind: str, name: str, as_json: bool, plugins: tuple[str, ...]) -> None:
    """Describe the component NAME of a KIND: what it is, and the keys of its table."""
    from fw.describing import as_data

    entry = load_plugins(plugins).get(kind, name)
    if as_json:
        click.echo(json.dumps(as_data(entry), indent=2))
    else:
        _show(entry)


def _show(entry: Entry) -> None:
    from fw.describing import description, own_settings, slot_settings

    show(f"{entry.kind} {entry.name}, from {entry.owner}", "", description(entry), "")
    _show_settings("Settings", own_settings(entry))
    _show_settings("Keys of fw's own in the same table", slot_settings(entry.kind))


def _show_settings(heading: str, settings: Iterable[Setting]) -> None:
    from fw.describing import COLUMNS, rows

    found = rows(settings)
    show(*(f"{heading}:", make_table(COLUMNS, found)) if found else (f"{heading}: none",))
