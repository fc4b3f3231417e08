"""The settings of a component: the fields of its attrs class, as a recipe sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

import attrs

from fw.config.values import expected
from fw.entries import Entry
from fw.errors import PluginError


@attrs.frozen(kw_only=True)
class Setting:
    """One key of a component's table.

    ``kind`` is set where the key holds a component of that kind in place of a value, ``many`` where
    it holds several.
    """

    key: str
    attribute: attrs.Attribute[Any]
    type: Any

    @property
    def required(self) -> bool:
        """Whether a recipe must state it."""
        return self.attribute.default is attrs.NOTHING

    @property
    def default(self) -> Any:
        """The default, or None where there is none or it is computed from other settings."""
        default = self.attribute.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
            return None if default.takes_self else default.factory()  # type: ignore[union-attr]
        return None if self.required else default

    @property
    def help(self) -> str:
        """One line for the reader of ``fw describe``."""
        return str(self.attribute.metadata.get("help", ""))

    @property
    def kind(self) -> str | None:
        """The kind of component that the key holds, if it holds one."""
        found: str | None = self.attribute.metadata.get("kind")
        return found

    @property
    def many(self) -> bool:
        """Whether the key holds several components."""
        return bool(self.attribute.metadata.get("many"))

    @property
    def words(self) -> str:
        """What the key may hold, in words."""
        if self.kind is None:
            return expected(self.type)
        return f"{self.kind} tables" if self.many else f"a table that names a {self.kind}"


def settings_of(component: type) -> dict[str, Setting]:
    """Return the settings of an attrs class by key.

    Raises TypeError or NameError if a type cannot be resolved or is none that a setting may have.
    """
    # Only fw's own slots hold components, which are told by the field's metadata, not by its type.
    hints = get_type_hints(component, localns={"Chosen": Any})
    settings = {}
    for field in attrs.fields(component):
        if field.init:
            key = field.alias or field.name
            found = hints.get(field.name, field.type)
            settings[key] = Setting(key=key, attribute=field, type=found)
            _check(settings[key])
    return settings


def _check(setting: Setting) -> None:
    try:
        _ = setting.words
    except TypeError as error:
        raise TypeError(f"{setting.key}: {error}") from None


def settings_of_entry(entry: Entry) -> dict[str, Setting]:
    """Return a registered component's settings; raises PluginError if a type is unusable."""
    try:
        return settings_of(entry.component)
    except (TypeError, NameError) as error:
        raise PluginError(
            f"{entry.kind} {entry.name!r} of plugin {entry.owner} has unusable settings: {error}"
        ) from error


def plain(value: Any) -> Any:
    """Return a setting's value as TOML has it; raises TypeError for what TOML has not."""
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{value!r} is no value that a recipe can hold")
