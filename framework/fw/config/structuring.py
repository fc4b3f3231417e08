"""From a tree of nodes to components with their settings, collecting every problem."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs

from fw.config.chosen import Chosen
from fw.config.instances import WRONG, Table
from fw.config.keys import (
    OWN_TABLES,
    Homes,
    table_titles,
    title,
    unknown_at_top,
    unknown_key,
    wrong_shape,
)
from fw.config.nodes import Node
from fw.config.recipe import General
from fw.config.settings import Setting, settings_of, settings_of_entry
from fw.config.suggestions import listed
from fw.config.values import found
from fw.entries import Entry
from fw.errors import FrameworkError, PluginError, Problem
from fw.kinds import KINDS, Kind
from fw.registry import Registry

Part = tuple[Node, Chosen | None]  # a component's table, and the component unless it is wrong


@attrs.define(eq=False)
class Structurer:
    """Reads one recipe's tables; what is wrong with them is added to ``problems``."""

    root: Node
    registry: Registry
    problems: list[Problem] = attrs.field(factory=list)

    def general(self) -> General | None:
        """Read the keys at the top, and report those that no recipe has; None if any is wrong."""
        settings = settings_of(General)
        known = {*settings, *table_titles()}
        for key, child in self.root.value.items():
            if key not in known:
                self.problems.append(unknown_at_top(str(key), child, self._homes))
        table = Table(self.root, "", settings, problems=self.problems)
        made: General | None = table.make(General)
        return made

    def own_table(self, key: str) -> Any:
        """Read ``[training]`` or ``[views]``; None if it is wrong."""
        node = self.root.get(key) or Node({}, self.root.place)
        if not node.is_table:
            self.problems.append(wrong_shape(node, key, many=False))
            return None
        settings = settings_of(OWN_TABLES[key])
        self._check_keys(node, f"in {title(key)}", set(settings))
        return Table(node, title(key), settings, problems=self.problems).make(OWN_TABLES[key])

    def parts(self, kind: Kind) -> list[Part]:
        """Read all components of a kind, or its default."""
        node = self.root.get(kind.key)
        if node is None and kind.default:
            node = Node({"name": Node(kind.default, self.root.place)}, self.root.place)
        return [] if node is None else self._parts(node, kind, kind.key, many=kind.many)

    @cached_property
    def _homes(self) -> Homes:
        return Homes.of(self.root, self.registry)

    def _parts(self, node: Node, kind: Kind, key: str, *, many: bool) -> list[Part]:
        if node.is_list is not many:
            self.problems.append(wrong_shape(node, key, many=many))
            return [(node, None)]
        nodes = node.value if many else [node]
        return [(one, self._component(one, kind, key, many=many)) for one in nodes]

    def _component(self, node: Node, kind: Kind, key: str, *, many: bool) -> Chosen | None:
        if not node.is_table:
            self.problems.append(wrong_shape(node, key, many=many))
            return None
        entry = self._entry(node, kind, title(key, many=many))
        return None if entry is None else self._chosen(node, kind, entry, key, many=many)

    def _entry(self, node: Node, kind: Kind, table: str) -> Entry | None:
        name = node.get("name")
        if name is None or not isinstance(name.value, str):
            what = "names no component"
            if name is not None:
                what = f"name must be a string, found {found(name.plain())}"
            hint = f'write name = "...", one of: {listed(self.registry.names(kind.name))}'
            self.problems.append((name or node).place.problem(f"{table} {what}", hint))
            return None
        entry = self.registry.find(kind.name, name.value)
        if entry is None:
            self.problems.append(name.place.locate(self.registry.missing(kind.name, name.value)))
        return entry

    def _chosen(
        self, node: Node, kind: Kind, entry: Entry, key: str, *, many: bool
    ) -> Chosen | None:
        own, settings = settings_of(kind.slot), settings_of_entry(entry)
        table = f"{title(key, many=many)} ({entry.name})"
        self._check_keys(node, f"in {table}", {"name", *own, *settings})

        def nested(child: Node, setting: Setting) -> Any:
            return self._nested(child, setting, f"{key}.{setting.key}")

        slot = Table(node, table, own, nested, self.problems).make(kind.slot)
        made = self._component_settings(Table(node, table, settings, problems=self.problems), entry)
        if slot is None or made is None:
            return None
        return Chosen(kind=kind.name, name=entry.name, settings=made, slot=slot, entry=entry)

    def _component_settings(self, table: Table, entry: Entry) -> Any:
        try:
            return table.make(entry.component)
        except FrameworkError:
            raise
        except Exception as error:
            raise PluginError(
                f"{entry.kind} {entry.name!r} of plugin {entry.owner} failed over its settings: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _nested(self, node: Node, setting: Setting, key: str) -> Any:
        parts = self._parts(node, KINDS[str(setting.kind)], key, many=setting.many)
        chosen = tuple(component for _, component in parts)
        if any(one is None for one in chosen):
            return WRONG
        return chosen if setting.many else chosen[0]

    def _check_keys(self, node: Node, where: str, known: set[str]) -> None:
        for key, child in node.value.items():
            if key not in known:
                self.problems.append(unknown_key(str(key), child, where, known, self._homes))
