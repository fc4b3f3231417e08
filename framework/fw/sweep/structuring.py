"""From the table ``[sweep]`` to rows, collecting every problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from fw.config.keys import SWEEP, wrong_shape
from fw.config.nodes import Node
from fw.config.overrides import Change
from fw.config.own_tables import read_keys
from fw.config.suggestions import meant_or_known
from fw.config.values import found
from fw.errors import Problem
from fw.sweep.outline import folder_name
from fw.sweep.tables import GridTable, RowKeys, RowTable, SweepKeys

EXAMPLE = 'add [[sweep.rows]] with name = "..." and set = {"encoder.dropout" = 0.1}'


@attrs.define(eq=False)
class SweepReader:
    """Reads the table ``[sweep]``; what is wrong with it is added to ``problems``."""

    node: Node
    problems: list[Problem] = attrs.field(factory=list)

    def keys(self) -> SweepKeys | None:
        """Read seeds and baseline; None if anything about them is wrong."""
        if not self.node.is_table:
            self.problems.append(wrong_shape(self.node, SWEEP, many=False))
            return None
        made: SweepKeys | None = self._table(self.node, "[sweep]", SweepKeys, "rows", "grids")
        return made

    def rows(self) -> list[RowTable]:
        """Read all rows, those of grids after the named ones, and check their names."""
        tables = [row for node in self._entries("rows") for row in self._row(node)]
        for node in self._entries("grids"):
            tables += [row for grid in self._grid(node) for row in grid.rows()]
        if not self.problems:
            self.problems += [*self._clashes(tables), *self._unknown_baseline(tables)]
        return tables

    def _entries(self, key: str) -> list[Node]:
        node = self.node.get(key)
        if node is None:
            return []
        if not node.is_list or not all(entry.is_table for entry in node.value):
            self.problems.append(wrong_shape(node, f"sweep.{key}", many=True))
            return []
        return list(node.value)

    def _row(self, node: Node) -> Iterator[RowTable]:
        made = self._table(node, "[[sweep.rows]]", RowKeys, "set")
        changes = self._changes(node, "set")
        if made is not None:
            yield RowTable(name=made.name, changes=changes, place=node.place)

    def _grid(self, node: Node) -> Iterator[GridTable]:
        made = self._table(node, "[[sweep.grids]]", RowKeys, "over", "set")
        over = {change.key: change.value for change in self._changes(node, "over")}
        changes = self._changes(node, "set")
        bad = [*self._not_lists(node, over)]
        self.problems += bad
        if made is not None and not bad:
            grid = GridTable(name=made.name, over=over, changes=changes, place=node.place)
            self.problems += grid.problems()
            yield grid

    def _changes(self, node: Node, key: str) -> tuple[Change, ...]:
        child = node.get(key)
        if child is None:
            return ()
        if not child.is_table:
            message = f"{key} must be a table of settings, found {found(child.plain())}"
            hint = f'write {key} = {{"encoder.dropout" = {"[0.1, 0.2]" if key == "over" else 0.1}}}'
            self.problems.append(child.place.problem(message, hint))
            return ()
        return tuple(Change(str(name), value) for name, value in child.value.items())

    def _not_lists(self, node: Node, over: Mapping[str, Node]) -> Iterator[Problem]:
        if not over:
            hint = 'write over = {"encoder.dropout" = [0.1, 0.2]}'
            yield node.place.problem("[[sweep.grids]] varies nothing", hint)
        for key, values in over.items():
            if not values.is_list or not values.value:
                what = "an empty list" if values.is_list else found(values.plain())
                hint = (
                    f'write "{key}.{next(iter(values.value))}" in quotes' if values.is_table else ""
                )
                message = f"{key} in over must be a list of values, found {what}"
                yield values.place.problem(message, hint)

    def _table(self, node: Node, title: str, keys: type, *more: str) -> Any:
        return read_keys(node, title, keys, self.problems, more)

    def _clashes(self, tables: Sequence[RowTable]) -> Iterator[Problem]:
        if not tables:
            yield self.node.place.problem("[sweep] has no rows", EXAMPLE)
        seen: dict[str, str] = {}
        for table in tables:
            folder = folder_name(table.name).lower()  # some file systems know no case
            if not folder:
                yield table.place.problem(f"name {table.name!r} has no letter or digit")
            elif folder in seen:
                yield _clash(table, seen[folder])
            else:
                seen[folder] = table.name

    def _unknown_baseline(self, tables: Sequence[RowTable]) -> Iterator[Problem]:
        node, names = self.node.get("baseline"), [table.name for table in tables]
        if node is not None and names and node.value not in names:
            hint = meant_or_known(str(node.value), names, "rows")
            yield node.place.problem(f"baseline {node.value!r} is no row of this sweep", hint)


def _clash(table: RowTable, other: str) -> Problem:
    if table.name == other:
        hint = 'the name of a grid says what differs: name = "dropout {encoder.dropout}"'
        return table.place.problem(f"two rows are called {other!r}", hint)
    folder = folder_name(table.name)
    message = f"rows {other!r} and {table.name!r} would share the folder {folder}-seed1"
    return table.place.problem(message, "rename one of them")
