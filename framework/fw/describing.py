"""What there is to say of a component: where it comes from, what it is, the keys of its table."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from fw.config.limits import allowed, type_words
from fw.config.settings import Setting, plain, settings_of, settings_of_entry
from fw.config.values import toml
from fw.entries import Entry
from fw.kinds import KINDS

COLUMNS = ("key", "type", "default", "allowed", "help")


def description(entry: Entry) -> str:
    """Return the whole docstring of a component."""
    return inspect.getdoc(entry.component) or ""


def own_settings(entry: Entry) -> list[Setting]:
    """Return the settings of a component; raises PluginError if a type is unusable."""
    return list(settings_of_entry(entry).values())


def slot_settings(kind: str) -> list[Setting]:
    """Return the keys of fw's own in the table of a component of a kind."""
    return list(settings_of(KINDS[kind].slot).values())


def rows(settings: Iterable[Setting]) -> list[tuple[str, ...]]:
    """Say each of the ``COLUMNS`` of every setting."""
    return [_row(setting) for setting in settings]


def as_data(entry: Entry) -> dict[str, Any]:
    """Return all that there is to say, as plain values."""
    keys = ("kind", "name", "plugin", "distribution", "version", "summary")
    return {
        **{key: getattr(entry, key) for key in keys},
        "description": description(entry),
        "settings": [_plain_row(setting) for setting in own_settings(entry)],
        "slot": [_plain_row(setting) for setting in slot_settings(entry.kind)],
    }


def _row(setting: Setting) -> tuple[str, ...]:
    return setting.key, type_words(setting), _default(setting), allowed(setting), setting.help


def _plain_row(setting: Setting) -> dict[str, Any]:
    default = setting.default
    return {
        **dict(zip(COLUMNS, _row(setting), strict=True)),
        "default": None if default is None else plain(default),
        "required": setting.required,
    }


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    return "not set" if setting.default is None else toml(setting.default)
