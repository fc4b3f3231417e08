"""A search as it was read and checked: a recipe, and the parameters that are searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from fw.config.overrides import Change
from fw.config.recipe import Recipe
from fw.executing import Job
from fw.sweep.plan import job_of
from fw.tune.tables import Parameter, TuneKeys

if TYPE_CHECKING:
    from optuna.trial import Trial


@attrs.frozen(kw_only=True, eq=False)
class Search:
    """What a recipe with a table ``[tune]`` describes, checked.

    ``recipe`` is that without any change, ``make`` gives it with changes, and raises RecipeError
    where they do not go together.
    """

    name: str
    keys: TuneKeys
    recipe: Recipe
    parameters: Sequence[Parameter]
    make: Callable[[Sequence[Change]], Recipe]

    @property
    def monitor(self) -> str:
        """What trials are selected by: ``"valid/<protocol>/<metric>"``."""
        return self.recipe.training.monitor

    @property
    def plain(self) -> dict[str, Any]:
        """What all trials of a search have in common, as plain values."""
        ranges = {parameter.key: parameter.plain for parameter in self.parameters}
        return {"recipe": self.recipe.resolved, "parameters": ranges}

    def job(self, trial: Trial) -> Job:
        """Draw the parameters of a trial, and make its run; raises RecipeError."""
        recipe = self.make([parameter.suggest(trial) for parameter in self.parameters])
        return job_of(f"trial {trial.number}", recipe)


def number_of(name: str) -> int:
    """Return the number of the trial whose run folder has this name."""
    return int(name.split("-")[1])
