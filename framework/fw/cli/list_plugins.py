"""``fw list-plugins``: what is there, and from whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import json_option, make_table, plugin_option, show
from fw.kinds import KINDS

if TYPE_CHECKING:
    from fw.entries import Entry, Failure

_OWNER = ("plugin", "distribution", "version")


@click.command()
@click.option("--kind", type=click.Choice(list(KINDS)), help="List only this kind.")
@json_option
@plugin_option
def command(kind: str | None, as_json: bool, plugins: tuple[str, ...]) -> None:
    """List the components that recipes can name, and the plugins that could not be loaded."""
    from fw.discovery import discover

    registry = discover(plugins)
    entries = registry.entries(kind)
    if as_json:
        click.echo(json.dumps(_as_json(entries, registry.failed), indent=2))
    else:
        _show(entries, registry.failed)


def _as_json(entries: list[Entry], failed: list[Failure]) -> dict[str, Any]:
    component = ("kind", "name", *_OWNER, "summary")
    return {
        "components": [_row(entry, component) for entry in entries],
        "failed": [_row(failure, (*_OWNER, "message")) for failure in failed],
    }


def _row(owned: Entry | Failure, keys: tuple[str, ...]) -> dict[str, str]:
    return {key: getattr(owned, key) for key in keys}


def _show(entries: list[Entry], failed: list[Failure]) -> None:
    rows = [(one.kind, one.name, one.plugin, one.source, one.summary) for one in entries]
    show(make_table(("kind", "name", "plugin", "distribution", "description"), rows))
    if failed:
        rows_failed = [(one.plugin, one.source, one.message) for one in failed]
        headings = ("not loaded", "distribution", "why")
        show(make_table(headings, rows_failed))
