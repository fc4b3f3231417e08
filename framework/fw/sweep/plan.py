"""Which runs a sweep consists of: named rows and grids, each with every seed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from fw.config.values import toml
from fw.errors import Problem, RecipeError

# What makes any sweep small enough to be tried in a minute.
QUICK = (
    'dataset={name="synthetic", num_users=300, num_items=200, mean_length=20.0}',
    "max_len=20",
    "training.epochs=2",
    "training.evaluate_every=1",
)


@attrs.frozen(kw_only=True)
class Row:
    """One line of the table: a name, and what it changes in the recipe."""

    name: str
    set: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def overrides(self) -> tuple[str, ...]:
        """The changes, written as after ``--set``."""
        return tuple(f"{key}={toml(value)}" for key, value in self.set.items())


@attrs.frozen(kw_only=True)
class Grid:
    """Rows for all combinations; ``name`` is a pattern such as ``"weight {losses.1.weight}"``."""

    name: str
    over: Mapping[str, Sequence[Any]]
    set: Mapping[str, Any] = attrs.field(factory=dict)

    def rows(self) -> Iterator[Row]:
        """Yield a row for each combination, the last setting varying fastest."""
        for values in itertools.product(*self.over.values()):
            chosen = dict(zip(self.over, values, strict=True))
            yield Row(name=_filled(self.name, chosen), set={**self.set, **chosen})


@attrs.frozen(kw_only=True)
class Sweep:
    """The table ``[sweep]`` of a recipe."""

    seeds: Sequence[int] = (1,)
    baseline: str = ""  # the row that others are compared with; the first if it is not named
    rows: Sequence[Row] = ()
    grids: Sequence[Grid] = ()

    def all_rows(self) -> list[Row]:
        """Return named rows, then those of grids; raises RecipeError for two of one name."""
        rows = [*self.rows, *itertools.chain.from_iterable(grid.rows() for grid in self.grids)]
        names = [row.name for row in rows]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RecipeError([Problem(f"two rows of the sweep are called {twice[0]!r}")])
        if self.baseline and self.baseline not in names:
            known = ", ".join(names)
            raise RecipeError(
                [Problem(f"the sweep's baseline {self.baseline!r} is no row of it; rows: {known}")]
            )
        return rows

    def baseline_name(self) -> str:
        """Return the name of the row that others are compared with."""
        return self.baseline or self.all_rows()[0].name


@attrs.frozen(kw_only=True)
class Job:
    """One run of a sweep."""

    row: str
    seed: int
    overrides: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The name of its run folder: the same at every start of the sweep."""
        return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', self.row).strip('-')}-seed{self.seed}"


def jobs(sweep: Sweep, overrides: Sequence[str] = (), *, quick: bool = False) -> list[Job]:
    """Return all runs, seed by seed: a sweep that is stopped has whole tables for fewer seeds."""
    more = (*overrides, *(QUICK if quick else ()))
    return [
        Job(row=row.name, seed=seed, overrides=(*row.overrides, *more, f"seed={seed}"))
        for seed in sweep.seeds
        for row in sweep.all_rows()
    ]


def _filled(pattern: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda match: str(values.get(match[1], match[0])), pattern)
