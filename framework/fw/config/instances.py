"""From a table to an instance of a settings class, or everything that is wrong with its values."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs

from fw.config.limits import words_with_range
from fw.config.nodes import Node
from fw.config.settings import Setting
from fw.config.values import MismatchError, convert, found, repaired
from fw.errors import Problem, UserError

WRONG = object()  # stands for a value that has been reported

Nested = Callable[[Node, Setting], Any]


def _no_components(node: Node, setting: Setting) -> Any:
    raise TypeError(f"{setting.key} holds components")


@attrs.define
class Table:
    """A table that is read into a settings class; ``title`` begins the messages about it.

    ``nested`` reads the settings that hold components: it reports what is wrong itself, and then
    returns ``WRONG``.
    """

    node: Node
    title: str
    settings: Mapping[str, Setting]
    nested: Nested = _no_components
    problems: list[Problem] = attrs.field(factory=list)

    def make(self, component: type) -> Any:
        """Return the instance, or None if there are problems now.

        A mistake is told by ValueError, TypeError or UserError of the class or its validators;
        whatever else they raise is passed on.
        """
        values = self._values()
        right = {key: value for key, value in values.items() if value is not WRONG}
        missing = [s for s in self.settings.values() if s.required and s.key not in values]
        self.problems += [self._missing(setting) for setting in missing]
        if missing or len(right) < len(values):
            self.problems += self._refused(right)
            return None
        return self._instance(component, right)

    def _values(self) -> dict[str, Any]:
        return {
            key: self._value(child, setting)
            for key, setting in self.settings.items()
            if (child := self.node.get(key)) is not None
        }

    def _value(self, node: Node, setting: Setting) -> Any:
        if setting.kind is not None:
            return self.nested(node, setting)
        value = node.plain()
        try:
            return _anchored(convert(value, setting.type), node.place.folder)
        except MismatchError:
            self._report_mismatch(node, value, setting)
            return WRONG

    def _instance(self, component: type, values: Mapping[str, Any]) -> Any:
        try:
            return component(**values)
        except (ValueError, TypeError, UserError) as error:
            refused = list(self._refused(values))
            self.problems += refused or [self.node.place.problem(self._titled(_text(error)))]
            return None

    def _refused(self, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Ask the validators one by one, since attrs itself stops at the first that refuses.

        One that looks at other settings sees a stand-in that has those that could be read.
        """
        stand_in = SimpleNamespace(**self._by_attribute(values))
        for key, value in values.items():
            attribute = self.settings[key].attribute
            try:
                if attribute.validator is not None:
                    attribute.validator(stand_in, attribute, value)
            except (ValueError, TypeError, UserError) as error:
                yield self._problem(self.node.value[key], _text(error))
            except AttributeError:
                continue  # it looks at a setting that could not be read

    def _by_attribute(self, values: Mapping[str, Any]) -> dict[str, Any]:
        optional = (setting for setting in self.settings.values() if not setting.required)
        defaults = {s.attribute.name: s.default for s in optional if s.key not in self.node.value}
        given = {self.settings[key].attribute.name: value for key, value in values.items()}
        return {**defaults, **given}

    def _missing(self, setting: Setting) -> Problem:
        hint = f"{setting.key} is {setting.words}: {setting.help}".removesuffix(": ")
        return self._problem(self.node, f"needs the key {setting.key!r}", hint)

    def _report_mismatch(self, node: Node, value: Any, setting: Setting) -> None:
        message = f"{setting.key} must be {words_with_range(setting)}, found {found(value)}"
        repair = repaired(value, setting.type)
        hint = f"write {setting.key} = {repair}" if repair else ""
        self.problems.append(self._problem(node, message, hint))

    def _problem(self, node: Node, message: str, hint: str = "") -> Problem:
        return node.place.problem(self._titled(message), hint)

    def _titled(self, message: str) -> str:
        return f"{self.title} {message}".strip()


def _text(error: Exception) -> str:
    """Return an exception's words; attrs puts the validator and the value behind them."""
    return str(error.args[0]) if error.args else type(error).__name__


def _anchored(value: Any, folder: Path) -> Any:
    """Make a path absolute if it exists in ``folder``; else it is looked for in the data folder."""
    if isinstance(value, tuple):
        return tuple(_anchored(one, folder) for one in value)
    if isinstance(value, Path) and os.path.exists(folder / value):
        return Path(os.path.abspath(folder / value))
    return value
