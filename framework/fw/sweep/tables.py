"""The tables of ``[sweep]`` as they are written: rows, and grids that become rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs.validators import deep_iterable

from fw.config import validators
from fw.config.nodes import Node, Place
from fw.config.overrides import Change
from fw.config.suggestions import listed
from fw.config.values import toml
from fw.errors import Problem

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _some_and_distinct(instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not value:
        raise ValueError("seeds must name at least one seed")
    twice = [seed for seed in value if value.count(seed) > 1]
    if twice:
        raise ValueError(f"seeds has {twice[0]} twice")


@attrs.frozen(kw_only=True)
class SweepKeys:
    """The plain values of ``[sweep]``."""

    seeds: tuple[int, ...] = attrs.field(
        default=(1,),
        validator=[deep_iterable(validators.between(0, 2**63 - 1)), _some_and_distinct],
        metadata={"help": "every row is run with each of them"},
    )
    baseline: str | None = attrs.field(
        default=None, metadata={"help": "the row that others are compared with; the first"}
    )


@attrs.frozen(kw_only=True)
class RowKeys:
    """The plain values of ``[[sweep.rows]]`` and ``[[sweep.grids]]``."""

    name: str = attrs.field(metadata={"help": "what the row is called in the table"})


@attrs.frozen(kw_only=True)
class RowTable:
    """A row as it is written: its name, and what it changes in the recipe."""

    name: str
    changes: tuple[Change, ...]
    place: Place


@attrs.frozen(kw_only=True)
class GridTable:
    """Rows for all combinations; ``name`` is a pattern such as ``"weight {losses.1.weight}"``."""

    name: str
    over: Mapping[str, Node]
    changes: tuple[Change, ...]
    place: Place

    def problems(self) -> Iterator[Problem]:
        """Find parts of the pattern that do not vary."""
        for key in _PLACEHOLDER.findall(self.name):
            if key not in self.over:
                hint = f"over has: {listed(self.over)}"
                yield self.place.problem(f"name has {{{key}}}, which is no key of over", hint)

    def rows(self) -> Iterator[RowTable]:
        """Yield a row for each combination, the last setting varying fastest."""
        for values in itertools.product(*(node.value for node in self.over.values())):
            chosen = dict(zip(self.over, values, strict=True))
            varied = tuple(Change(key, value) for key, value in chosen.items())
            yield RowTable(
                name=_filled(self.name, chosen),
                changes=(*self.changes, *varied),
                place=self.place,
            )


def _filled(pattern: str, values: Mapping[str, Node]) -> str:
    def text(match: re.Match[str]) -> str:
        value = values[match[1]].plain() if match[1] in values else match[0]
        return value if isinstance(value, str) else toml(value)

    return _PLACEHOLDER.sub(text, pattern)
