"""Which runs a sweep consists of: its rows, each with every seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from fw.config.recipe import Recipe
from fw.config.suggestions import meant_or_known
from fw.config.writing import recipe_text
from fw.errors import UserError
from fw.executing import Job
from fw.sweep.outline import Outline, run_name

if TYPE_CHECKING:
    from fw.interfaces import Executor


@attrs.frozen(kw_only=True)
class Row:
    """One line of the table: a name, and the recipe that it stands for."""

    name: str
    recipe: Recipe


@attrs.frozen(kw_only=True)
class Sweep:
    """What a recipe with a table ``[sweep]`` describes, checked.

    ``baseline`` is the row that the others are compared with.
    """

    name: str
    seeds: Sequence[int]
    baseline: str
    rows: Sequence[Row]

    @property
    def executor(self) -> Executor | None:
        """Where the recipe says that the runs go, if it does."""
        chosen = self.rows[0].recipe.optional("executor")
        return None if chosen is None else chosen.settings

    @property
    def outline(self) -> Outline:
        """What of this is kept in the sweep's folder."""
        return Outline(
            name=self.name,
            seeds=tuple(self.seeds),
            baseline=self.baseline,
            rows=tuple(row.name for row in self.rows),
        )

    def only(self, names: Sequence[str]) -> Sweep:
        """Return the sweep of the rows of such names, and of the baseline.

        Raises UserError where there is no row of a name.
        """
        known = [row.name for row in self.rows]
        for name in names:
            if name not in known:
                hint = meant_or_known(name, known, "rows")
                raise UserError(f"no row is named {name!r}\n{hint}")
        wanted = {self.baseline, *names}
        return attrs.evolve(self, rows=[row for row in self.rows if row.name in wanted])

    def jobs(self) -> list[Job]:
        """Return all runs, seed by seed: stopped early, it has whole tables of fewer seeds."""
        return [
            job_of(row.name, _alone(row.recipe, seed)) for seed in self.seeds for row in self.rows
        ]


def job_of(row: str, recipe: Recipe) -> Job:
    """Make the run of a recipe; its folder has the same name at every start."""
    name = run_name(row, recipe.seed)
    return Job(row=row, seed=recipe.seed, recipe=recipe_text(recipe), name=name)


def _alone(recipe: Recipe, seed: int) -> Recipe:
    """Return the recipe of one run, to which it makes no difference who does it."""
    components = {kind: found for kind, found in recipe.components.items() if kind != "executor"}
    return attrs.evolve(recipe, seed=seed, components=components)
