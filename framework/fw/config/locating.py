"""On which line of a TOML file each key stands, which ``tomllib`` forgets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from fw.config.nodes import Keys

_HEADERS = ("table", "table_array_element")
_KEYS = ("bare_key", "quoted_key", "dotted_key")


class Lines:
    """The line (from 1) of each key, table and list entry, by the path of keys that leads to it.

    Of a table or list that is written in several places, the line of the first. The text must be
    valid TOML.
    """

    def __init__(self, text: str) -> None:
        self.found: dict[Keys, int] = {}
        self._sizes: dict[Keys, int] = {}  # of arrays of tables, as far as read
        for child in _parse(text).named_children:
            if child.type in _HEADERS:
                self._add_table(child)
            elif child.type == "pair":
                self._add_pair((), child)

    def _add_table(self, table: Node) -> None:
        path: Keys = ()
        *parents, last = _names(_key(table))
        for name in parents:
            path = self._inside((*path, name), table)
        path = (*path, last)
        self._note(path, table)
        if table.type == "table_array_element":
            path = (*path, self._sizes.setdefault(path, 0))
            self._sizes[path[:-1]] += 1
            self._note(path, table)
        for pair in _children(table, "pair"):
            self._add_pair(path, pair)

    def _inside(self, path: Keys, node: Node) -> Keys:
        """Step into a table or, for an array of tables, into its newest entry."""
        self._note(path, node)
        return (*path, self._sizes[path] - 1) if path in self._sizes else path

    def _add_pair(self, path: Keys, pair: Node) -> None:
        for name in _names(_key(pair)):
            path = (*path, name)
            self._note(path, pair)
        self._add_value(path, pair.named_children[-1])

    def _add_value(self, path: Keys, value: Node) -> None:
        for pair in _children(value, "pair"):
            self._add_pair(path, pair)
        if value.type == "array":
            entries = (child for child in value.named_children if child.type != "comment")
            for position, entry in enumerate(entries):
                self._note((*path, position), entry)
                self._add_value((*path, position), entry)

    def _note(self, path: Keys, node: Node) -> None:
        self.found.setdefault(path, node.start_point[0] + 1)


def _parse(text: str) -> Node:
    return Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node


def _children(node: Node, kind: str) -> Iterator[Node]:
    return (child for child in node.named_children if child.type == kind)


def _key(node: Node) -> Node:
    return next(child for child in node.named_children if child.type in _KEYS)


def _names(key: Node) -> list[str]:
    """Return the parts of a dotted key, with quotes and escapes resolved by TOML's own rules."""
    text = (key.text or b"").decode()
    if key.type == "bare_key":
        return [text]
    table = tomllib.loads(f"{text} = 0")
    names = []
    while isinstance(table, dict):
        ((name, table),) = table.items()
        names.append(name)
    return names
