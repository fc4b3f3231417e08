"""One recipe over another: ``extends`` and ``--set`` follow the same rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from fw.config.nodes import Node
from fw.config.parsing import parse_file
from fw.config.sources import find_recipe
from fw.errors import Problem, RecipeError

LONGEST_CHAIN = 20


def merge(parent: Node, child: Node) -> Node:
    """Return the parent with the child's values over it.

    Tables merge key by key. A table that names another component replaces the parent's whole, since
    the keys were the other component's. Everything else replaces, lists too; only an override may
    reach into a list, by position.
    """
    if parent.is_list and child.is_table and _has_positions(child):
        entries = enumerate(parent.value)
        return Node([_merged(old, child.get(i)) for i, old in entries], parent.place)
    if not (parent.is_table and child.is_table):
        return child
    if _renames(parent, child):
        return attrs.evolve(child, replaced=parent)
    merged = {key: _merged(old, child.get(key)) for key, old in parent.value.items()}
    # A problem of the table as a whole belongs to where it was written, not to a change of a key.
    changed = child.place.override or child.place.partial
    place = parent.place if changed else child.place
    return Node({**parent.value, **child.value, **merged}, place, parent.replaced)


def _merged(parent: Node, child: Node | None) -> Node:
    return parent if child is None else merge(parent, child)


def _has_positions(node: Node) -> bool:
    return bool(node.value) and all(isinstance(key, int) for key in node.value)


def _renames(parent: Node, child: Node) -> bool:
    old, new = parent.get("name"), child.get("name")
    return old is not None and new is not None and old.value != new.value


def with_parents(root: Node) -> Node:
    """Return a recipe merged over what it extends, and that over what it extends, and so on."""
    chain = list(_chain(root))
    merged = chain.pop()
    for node in reversed(chain):
        merged = merge(merged, node)
    return merged


def _chain(root: Node) -> Iterator[Node]:
    """Yield the recipe, what it extends, and so on, each without its key ``extends``."""
    seen = [root.place.file]
    extends: Node | None = root
    while extends is not None:
        root, extends = _split(root)
        yield root
        if extends is not None:
            root = _parent(extends)
            _check_chain(extends, root, seen)
            seen.append(root.place.file)


def _split(root: Node) -> tuple[Node, Node | None]:
    rest = {key: child for key, child in root.value.items() if key != "extends"}
    return Node(rest, root.place), root.get("extends")


def _parent(extends: Node) -> Node:
    if not isinstance(extends.value, str):
        message = "extends must be the path of a recipe or the name of a shipped one"
        raise RecipeError([extends.place.problem(message)])
    found = find_recipe(extends.value, extends.place.folder)
    if isinstance(found, Problem):
        raise RecipeError([extends.place.locate(found)])
    return parse_file(found)


def _check_chain(extends: Node, root: Node, seen: list[Path | None]) -> None:
    if root.place.file in seen:
        message = f"recipes extend each other in a circle: {root.place.file} is reached again"
        raise RecipeError([extends.place.problem(message)])
    if len(seen) > LONGEST_CHAIN:
        message = f"more than {LONGEST_CHAIN} recipes extend one another"
        raise RecipeError([extends.place.problem(message)])
