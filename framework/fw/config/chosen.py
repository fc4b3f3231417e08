"""A component that a recipe names, as it is used: settings, fw's own keys, and whose it is."""

from __future__ import annotations

from typing import Any

import attrs

from fw.config.settings import plain
from fw.entries import Entry
from fw.errors import PluginError


@attrs.frozen(kw_only=True)
class Slot:
    """No keys of fw's own: everything in the table is the component's."""


@attrs.frozen(kw_only=True)
class Chosen:
    """A component that a recipe names, with its settings and fw's own keys of its table."""

    kind: str
    name: str
    settings: Any
    slot: Slot
    entry: Entry

    @property
    def table(self) -> dict[str, Any]:
        """The component's table with every default filled in."""
        try:
            return {"name": self.name, **plain_fields(self.slot), **plain_fields(self.settings)}
        except TypeError as error:
            raise PluginError(
                f"{self.kind} {self.name!r} of plugin {self.entry.owner}: {error}"
            ) from error


def plain_fields(instance: Any) -> dict[str, Any]:
    """Return what a recipe would say for an attrs instance; TOML has no None, which is left out."""
    values = {
        field.alias or field.name: getattr(instance, field.name)
        for field in attrs.fields(type(instance))
        if field.init
    }
    return {key: _plain(value) for key, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Chosen):
        return value.table
    if isinstance(value, tuple) and value and isinstance(value[0], Chosen):
        return [chosen.table for chosen in value]
    return plain(value)
