"""A recipe as a tree in which every value knows where it was written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from fw.errors import Problem

Keys = tuple[str | int, ...]  # the way to a value: keys of tables, positions in lists

_LONGEST_LINE = 160


@attrs.frozen(kw_only=True)
class Place:
    """Where something was written: a line of a file, or what followed ``--set``.

    ``partial`` marks the tables on the way to a single key that is changed: nobody wrote them.
    """

    file: Path | None = None
    line: int | None = None
    text: str = ""
    override: str = ""
    partial: bool = False

    @property
    def folder(self) -> Path:
        """The folder that relative paths written here start from."""
        return self.file.parent if self.file else Path.cwd()

    def problem(self, message: str, hint: str = "") -> Problem:
        """Make a problem of this place."""
        return self.locate(Problem(message, hint))

    def locate(self, problem: Problem) -> Problem:
        """Return the problem with this place."""
        return attrs.evolve(
            problem,
            file=self.file,
            line=self.line,
            text=self.text[:_LONGEST_LINE],
            override=self.override[:_LONGEST_LINE],
        )


@attrs.frozen
class Node:
    """A value of a recipe: a table (dict of nodes), a list of nodes, or a plain value.

    The keys of a table are text; those of an override that reaches into a list are positions (int).
    """

    value: Any
    place: Place
    replaced: Node | None = None  # the table of another component in whose place this one stands

    @property
    def is_table(self) -> bool:
        """Whether this is a table."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.value, list)

    def get(self, key: str | int) -> Node | None:
        """Return the node of a table's key, or None."""
        found = self.value.get(key) if self.is_table else None
        return found if isinstance(found, Node) else None

    def plain(self) -> Any:
        """Return the value without places."""
        if self.is_table:
            return {str(key): child.plain() for key, child in self.value.items()}
        return [child.plain() for child in self.value] if self.is_list else self.value


def made_of(value: Any, places: Mapping[Keys, Place], path: Keys, place: Place) -> Node:
    """Make the tree of a plain value; what has no place of its own has that of its table."""
    place = places.get(path, place)
    if isinstance(value, dict):
        children = {k: made_of(v, places, (*path, k), place) for k, v in value.items()}
        return Node(children, place)
    if isinstance(value, list):
        return Node([made_of(v, places, (*path, i), place) for i, v in enumerate(value)], place)
    return Node(value, place)
