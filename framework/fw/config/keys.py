"""Keys that a table does not know, and tables of the wrong shape: what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import attrs

from fw.config.nodes import Node
from fw.config.recipe import General, Training, Views
from fw.config.settings import settings_of, settings_of_entry
from fw.config.suggestions import did_you_mean, listed, nearest
from fw.config.values import found, toml
from fw.entries import Entry
from fw.errors import Problem
from fw.kinds import KINDS, Kind
from fw.registry import Registry

TOP = "at the top of the recipe"
SWEEP, TUNE = "sweep", "tune"  # tables of the commands of these names; ``fw run`` ignores them
OWN_TABLES: dict[str, type] = {"training": Training, "views": Views}


def title(key: str, *, many: bool = False) -> str:
    """Return a table's key as it is written: ``[dataset]``, ``[[losses]]``."""
    return f"[[{key}]]" if many else f"[{key}]"


def table_titles() -> dict[str, str]:
    """Return all tables that a recipe may have, by key."""
    kinds = {kind.key: title(kind.key, many=kind.many) for kind in KINDS.values()}
    return {**kinds, **{key: title(key) for key in (*OWN_TABLES, SWEEP, TUNE)}}


@attrs.frozen
class Homes:
    """Which tables of this recipe know which keys."""

    keys: Mapping[str, Set[str]]  # by where they are: "in [training]"

    @classmethod
    def of(cls, root: Node, registry: Registry) -> Homes:
        """Gather fw's own tables and those of the components that the recipe names."""
        keys: dict[str, set[str]] = {TOP: set(settings_of(General))}
        for key, own in OWN_TABLES.items():
            keys[f"in {title(key)}"] = set(settings_of(own))
        for kind in KINDS.values():
            for entry in _named_components(root, kind, registry):
                where = f"in {title(kind.key, many=kind.many)}"
                known = keys.setdefault(where, set())
                known |= {*settings_of(kind.slot), *settings_of_entry(entry)}
        return cls(keys)

    def hint(self, key: str) -> str:
        """Say where a key belongs, or which similar one was meant, or nothing."""
        exact = [where for where, known in self.keys.items() if key in known]
        if exact:
            return f"{key!r} belongs {' or '.join(exact)}"
        meant = nearest(key, {name for known in self.keys.values() for name in known})
        places = [where for where, known in self.keys.items() if meant in known]
        return f"did you mean {meant!r} {' or '.join(places)}?" if meant else ""


def unknown_key(key: str, node: Node, where: str, known: Set[str], homes: Homes) -> Problem:
    """Explain a key that its table does not know."""
    elsewhere = homes.hint(key)
    if "belongs" not in elsewhere:
        elsewhere = did_you_mean(key, known) or elsewhere
    hint = f"{elsewhere}\nknown keys: {listed(known)}".strip()
    return node.place.problem(f"unknown key {key!r} {where}", hint)


def unknown_at_top(key: str, node: Node, homes: Homes) -> Problem:
    """Explain a key or table that a recipe does not know."""
    if not (node.is_table or node.is_list):
        return unknown_key(key, node, TOP, {"extends", *homes.keys[TOP]}, homes)
    titles = table_titles()
    by_name = {**titles, **{kind.name: titles[kind.key] for kind in KINDS.values()}}
    meant = nearest(key, by_name)
    lines = [f"did you mean {by_name[meant]}?" if meant else "", *_homes_inside(node, homes)]
    known = f"known tables: {', '.join(sorted(titles.values()))}"
    hint = "\n".join(line for line in (*lines, known) if line)
    return node.place.problem(f"unknown table {title(key, many=node.is_list)}", hint)


def wrong_shape(node: Node, key: str, *, many: bool) -> Problem:
    """Explain a value where a table, or a list of tables, is wanted."""
    wanted = "a list of tables" if many else "a table"
    what = "one table" if node.is_table else "a list" if node.is_list else found(node.value)
    hint = f"write {title(key, many=many)}"
    if isinstance(node.value, str):
        hint += f" and, below it, name = {toml(node.value)}"
    elif many == node.is_table:
        hint += f" in place of {title(key, many=not many)}"
    return node.place.problem(f"{key} must be {wanted}, found {what}", hint)


def _named_components(root: Node, kind: Kind, registry: Registry) -> Iterator[Entry]:
    node = root.get(kind.key)
    tables = node.value if node is not None and node.is_list else [node]
    for table in tables:
        name = table.get("name") if table is not None else None
        entry = registry.find(kind.name, str(name.value)) if name else None
        if entry is not None:
            yield entry


def _homes_inside(node: Node, homes: Homes) -> Iterator[str]:
    for key in node.value if node.is_table else ():
        hint = homes.hint(str(key))
        yield f"{key!r}: {hint}" if hint.startswith("did") else hint
