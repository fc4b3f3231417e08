"""``fw describe``: a component's source, settings and defaults."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import json_option, load_plugins, make_table, plugin_option, show

if TYPE_CHECKING:
    from fw.config.settings import Setting
    from fw.registry import Entry

_COLUMNS = ("key", "type", "default", "allowed", "help")


@click.command()
@click.argument("kind")
@click.argument("name")
@json_option
@plugin_option
def command(kind: str, name: str, as_json: bool, plugins: tuple[str, ...]) -> None:
    """Describe the component NAME of a KIND: what it is, and the keys of its table."""
    entry = load_plugins(plugins).get(kind, name)
    if as_json:
        click.echo(json.dumps(_as_json(entry), indent=2))
    else:
        _show(entry)


def _as_json(entry: Entry) -> dict[str, Any]:
    own, settings = _settings(entry)
    keys = ("kind", "name", "plugin", "distribution", "version", "summary")
    return {
        **{key: getattr(entry, key) for key in keys},
        "description": _description(entry),
        "settings": [_plain_row(setting) for setting in settings],
        "slot": [_plain_row(setting) for setting in own],
    }


def _settings(entry: Entry) -> tuple[list[Setting], list[Setting]]:
    """Return the keys of fw's own in the component's table, and the component's settings."""
    from fw.config.settings import settings_of, settings_of_entry
    from fw.kinds import KINDS

    slot = settings_of(KINDS[entry.kind].slot)
    return list(slot.values()), list(settings_of_entry(entry).values())


def _plain_row(setting: Setting) -> dict[str, Any]:
    from fw.config.settings import plain

    default = setting.default
    row = dict(zip(_COLUMNS, _row(setting), strict=True))
    return {
        **row,
        "default": None if default is None else plain(default),
        "required": setting.required,
    }


def _row(setting: Setting) -> tuple[str, str, str, str, str]:
    from fw.config.limits import allowed, type_words

    return setting.key, type_words(setting), _default(setting), allowed(setting), setting.help


def _default(setting: Setting) -> str:
    from fw.config.values import toml

    if setting.required:
        return "required"
    return "not set" if setting.default is None else toml(setting.default)


def _description(entry: Entry) -> str:
    return inspect.getdoc(entry.component) or ""


def _show(entry: Entry) -> None:
    own, settings = _settings(entry)
    show(f"{entry.kind} {entry.name}, from {entry.owner}", "", _description(entry), "")
    _show_settings("Settings", settings)
    _show_settings("Keys of fw's own in the same table", own)


def _show_settings(heading: str, settings: Iterable[Setting]) -> None:
    rows = [_row(setting) for setting in settings]
    show(*(f"{heading}:", make_table(_COLUMNS, rows)) if rows else (f"{heading}: none",))
