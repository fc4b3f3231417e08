"""Runs that differ in nothing but their seed, taken together."""

from __future__ import annotations

import attrs
import numpy as np

from fw.comparison.finished import Finished
from fw.errors import RunError
from fw.expected_ranks import Floats


@attrs.frozen(kw_only=True, eq=False)
class Arm:
    """One method: runs of one recipe with different seeds."""

    name: str
    runs: tuple[Finished, ...]

    @property
    def first(self) -> Finished:
        """The run that was named first."""
        return self.runs[0]

    def matrix(self, split: str, metric: str) -> Floats:
        """Return a metric of every run and case: [S, C]."""
        return np.stack([run.values(split, metric) for run in self.runs])


def group(runs: list[Finished]) -> list[Arm]:
    """Sort runs into arms, in the order in which they are first named.

    Raises RunError where two have the same recipe and the same seed: that is one run, not two.
    """
    by_method: dict[str, list[Finished]] = {}
    for run in runs:
        by_method.setdefault(run.identity, []).append(run)
    return [_arm(tuple(found)) for found in by_method.values()]


def _arm(runs: tuple[Finished, ...]) -> Arm:
    seen: dict[int, Finished] = {}
    for run in runs:
        if run.seed in seen:
            raise RunError(
                f"{seen[run.seed].path} and {run.path} have the same recipe and the same seed "
                f"({run.seed}): give one of them, or runs with other seeds"
            )
        seen[run.seed] = run
    more = f" ({len(runs)} seeds)" if len(runs) > 1 else ""
    return Arm(name=f"{runs[0].name}{more}", runs=runs)
