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
        """Return a metric of every run and user: [S, U]; its means are those over all cases."""
        cases = self.first.cases
        users = cases.loc[cases["split"] == split, "user"].to_numpy()
        return np.stack([by_user(run.values(split, metric), users) for run in self.runs])


def by_user(values: Floats, users: np.ndarray) -> Floats:
    """Turn values of cases ([C]) into one of each user ([U]), in order, with the same mean.

    A user's cases are not independent of each other, users are. The mean over cases is a ratio of
    sums over users, and a user moves it by the sum of the user's own distances from it: the mean is
    made linear there (Cochran, "Sampling techniques", 1977, section 6.3). One case a user stays as
    it is.
    """
    names, numbers = np.unique(users, return_inverse=True)
    if len(names) == len(users):
        return values
    mean = values.mean()
    distances = np.bincount(numbers, weights=values - mean)
    return np.asarray(mean + distances * (len(names) / len(values)))


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
