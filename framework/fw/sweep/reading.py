"""Reading a sweep: every row is checked as a recipe of its own before the first run starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from fw.config.keys import SWEEP
from fw.config.nodes import Node
from fw.config.overrides import Change, Override, with_overrides
from fw.config.reading import by_place, make_recipe, open_recipe
from fw.config.recipe import Recipe
from fw.errors import Problem, RecipeError
from fw.registry import Registry
from fw.sweep.plan import Row, Sweep
from fw.sweep.quick import shrinking
from fw.sweep.structuring import EXAMPLE, SweepReader
from fw.sweep.tables import RowTable


def read_sweep(
    source: str | Path,
    registry: Registry,
    overrides: Sequence[Override] = (),
    *,
    quick: bool = False,
) -> Sweep:
    """Read the sweep of a recipe: a file, or the name of a shipped one.

    ``overrides`` are laid over every row. ``quick`` shrinks all rows to a small synthetic data set
    and few epochs. Raises RecipeError with all problems of the sweep and of its rows.
    """
    file, root = open_recipe(source)
    changed, _ = with_overrides(root, overrides)  # what is wrong with them is wrong in every row
    node = changed.get(SWEEP)
    if node is None:
        raise RecipeError([changed.place.problem("the recipe has no [sweep]", EXAMPLE)])
    reader = SweepReader(node)
    keys, tables = reader.keys(), reader.rows()

    def make(table: RowTable) -> Recipe:
        changes = _shrunk(root, table.changes) if quick else table.changes
        return make_recipe(root, file, registry, (*changes, *overrides))

    rows, wrong = _read_rows(tables, make)
    problems = dict.fromkeys([*reader.problems, *wrong])
    if problems or keys is None:
        raise RecipeError(sorted(problems, key=by_place))
    baseline = keys.baseline or rows[0].name
    return Sweep(name=file.stem, seeds=keys.seeds, baseline=baseline, rows=rows)


def has_sweep(source: str | Path) -> bool:
    """Whether a recipe describes a sweep."""
    return open_recipe(source)[1].get(SWEEP) is not None


def _read_rows(
    tables: Sequence[RowTable], make: Callable[[RowTable], Recipe]
) -> tuple[list[Row], list[Problem]]:
    """Return the rows that could be read, and every problem once, with whose it is."""
    rows: list[Row] = []
    owners: dict[Problem, list[str]] = {}
    for table in tables:
        try:
            rows.append(Row(name=table.name, recipe=make(table)))
        except RecipeError as error:
            for problem in error.problems:
                owners.setdefault(problem, []).append(table.name)
    return rows, [_owned(problem, names, len(tables)) for problem, names in owners.items()]


def _owned(problem: Problem, names: Sequence[str], num_rows: int) -> Problem:
    if len(names) == num_rows:
        return problem
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return attrs.evolve(problem, message=f"row {names[0]!r}{others}: {problem.message}")


def _shrunk(root: Node, changes: Sequence[Change]) -> tuple[Override, ...]:
    """Shrink a row; what it says about its data set is left out, for a small one is taken."""
    kept = [one for one in changes if one.key.split(".")[0].strip() != "dataset"]
    return (*kept, *shrinking(with_overrides(root, kept)[0]))
