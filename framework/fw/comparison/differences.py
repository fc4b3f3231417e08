"""Where two nested tables, such as two resolved recipes, say different things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

MISSING = "(not set)"


@attrs.frozen
class Difference:
    """One key, such as ``losses.0.weight``, with what it is on either side."""

    key: str
    left: Any
    right: Any

    def __str__(self) -> str:
        return f"{self.key}: {self.left} -> {self.right}"


def differences(left: Any, right: Any, key: str = "") -> Iterator[Difference]:
    """Yield the keys whose values differ, in order; positions in lists count from 0."""
    if _is_table(left) and _is_table(right):
        yield from _of_tables(left, right, key)
    elif _is_list_of_tables(left) and _is_list_of_tables(right):
        yield from _of_tables(dict(enumerate(left)), dict(enumerate(right)), key)
    elif left != right:
        yield Difference(key, left, right)


def _of_tables(left: Mapping[Any, Any], right: Mapping[Any, Any], key: str) -> Iterator[Difference]:
    for name in dict.fromkeys([*left, *right]):
        inner = f"{key}.{name}" if key else str(name)
        yield from differences(left.get(name, MISSING), right.get(name, MISSING), inner)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_table, value))
