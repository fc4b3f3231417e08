"""``--set KEY=VALUE``: a tree of changes, laid over a recipe by the rules of ``extends``.

A row of a sweep changes a recipe in the same way, with values that have been read already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from fw.config.merging import merge
from fw.config.nodes import Keys, Node, Place, made_of
from fw.config.parsing import parse_value
from fw.errors import Problem, RecipeError

_POSITION = re.compile("[0-9]{1,9}")


@attrs.frozen
class Change:
    """A change whose value has been read: a key such as ``"losses.1.weight"`` and its node."""

    key: str
    value: Node

    @classmethod
    def to(cls, key: str, value: Any) -> Change:
        """Make a change of a plain value, lists and tables too."""
        return cls(key, made_of(value, {}, (), Place(override=key)))


Override = str | Change


def with_overrides(root: Node, overrides: Sequence[Override]) -> tuple[Node, list[Problem]]:
    """Return the recipe with the overrides over it, and what is wrong with others, left out.

    All overrides together are one change, so that their order matters only where two set the same
    key; the later one then counts.
    """
    problems: list[Problem] = []
    changes = Node({}, root.place)
    for override in overrides:
        try:
            change = _change(override)
        except RecipeError as error:
            problems += error.problems
            continue
        misplaced = list(_misplaced(merge(root, changes), change, ()))
        problems += misplaced
        changes = changes if misplaced else merge(changes, change)
    return merge(root, changes), problems


def _change(override: Override) -> Node:
    """Make the tree of one override: a table in a table for each part of its key."""
    if isinstance(override, Change):
        return _tree(override.key, _with_positions(override.value))
    place = Place(override=override)
    key, equals, value = override.partition("=")
    if not equals:
        raise RecipeError([place.problem("expected KEY=VALUE, such as training.epochs=5")])
    return _tree(key, parse_value(value.strip(), place))


def _tree(key: str, node: Node) -> Node:
    place = attrs.evolve(node.place, partial=True)
    parts = [part.strip() for part in key.split(".")]
    if not all(parts):
        raise RecipeError([place.problem("expected KEY=VALUE, such as training.epochs=5")])
    if parts[0] == "extends":
        raise RecipeError([place.problem("extends can only be written in a recipe file")])
    for part in reversed(parts):
        node = Node({_part(part): node}, place)
    return node


def _with_positions(node: Node) -> Node:
    """Read the keys ``losses.1.weight`` of a TOML table, all text, as ``--set`` would."""
    if not node.is_table:
        return node
    children = {_part(str(key)): _with_positions(child) for key, child in node.value.items()}
    return Node(children, node.place)


def _part(text: str) -> str | int:
    return int(text) if _POSITION.fullmatch(text) else text


def _misplaced(base: Node | None, change: Node, path: Keys) -> Iterator[Problem]:
    """Find positions where the recipe has no list, or not so long a one."""
    if not change.is_table:
        return
    for key, child in change.value.items():
        inside = base.get(key) if base else None
        if isinstance(key, int):
            size = len(base.value) if base and base.is_list else None
            if size is None or key >= size:
                yield _position_problem(child, path, key, size)
                continue
            inside = base.value[key] if base else None
        yield from _misplaced(inside, child, (*path, key))


def _position_problem(node: Node, path: Keys, key: int, size: int | None) -> Problem:
    where = ".".join(map(str, path)) or "a recipe"
    if size is None:
        return node.place.problem(f"{where} is not a list: it has no position {key}")
    positions = f"its positions are 0 to {size - 1}" if size else "it is empty"
    return node.place.problem(f"{where} has no position {key}: {positions}")
