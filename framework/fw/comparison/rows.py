"""One row of a comparison: an arm against the baseline by one metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import attrs
import numpy as np

from fw.comparison.arms import Arm
from fw.comparison.chance import CONFIDENCE, Chance, Part, among_strangers, among_users, student
from fw.comparison.seeds import of_seeds, seeds_to_decide, spread
from fw.expected_ranks import Floats
from fw.metrics import summary
from fw.ranking import Metric
from fw.stats import holm

Verdict = Literal["different", "inside_noise", "undecided"]
Pair = tuple[str, str]  # split, and <protocol>/<metric>


@attrs.frozen(kw_only=True)
class Row:
    """What is known of a difference, arm - baseline; ``total`` is chance of users and seeds.

    ``total`` is None where nothing is known of how far seeds move the metric. ``p_adjusted`` is
    Holm's, over all rows; it is of ``total``, or without it of ``users``. ``seed_spread`` is the
    standard deviation between seeds by which ``seeds_to_decide`` was reckoned.
    """

    metric: str
    arm: str
    num_users: int
    seeds: tuple[int, int]  # how many runs the baseline and the arm have
    baseline: Metric
    value: Metric
    users: Chance
    total: Chance | None
    unpaired_standard_error: float
    seed_spread: float
    seeds_to_decide: int | None
    p_adjusted: float = 1.0
    verdict: Verdict = "undecided"

    @property
    def difference(self) -> float:
        """The arm's mean minus the baseline's."""
        return self.value.value - self.baseline.value

    @property
    def p_value(self) -> float:
        """The larger p of users alone and, where it is known, of users and seeds."""
        known = [self.users, *([] if self.total is None else [self.total])]
        return max(chance.p_value for chance in known)


def make_rows(
    arms: Sequence[Arm], pairs: Sequence[Pair], given: float | None, *, comparable: bool
) -> list[Row]:
    """Compare every arm with the first by every metric, and judge all rows together.

    ``given`` is a standard deviation between seeds for arms of a single run.
    """
    rows = [row for pair in pairs for row in _of_metric(arms, pair, given)]
    adjusted = holm([row.p_value for row in rows])
    return [_judged(row, p, comparable) for row, p in zip(rows, adjusted, strict=True)]


def mean_of(matrix: Floats) -> Metric:
    """Return the mean of an arm ([S, U]) and its standard error over users."""
    return summary(matrix.mean(axis=0))


def _of_metric(arms: Sequence[Arm], pair: Pair, given: float | None) -> Iterator[Row]:
    matrices = [arm.matrix(*pair) for arm in arms]
    pooled = spread([matrix.mean(axis=1) for matrix in matrices])
    for arm, matrix in zip(arms[1:], matrices[1:], strict=True):
        paired = _same_cases(arms[0], arm, pair[0])
        yield _row(arm, pair, matrices[0], matrix, paired, pooled, given)


def _row(
    arm: Arm,
    pair: Pair,
    baseline: Floats,
    matrix: Floats,
    paired: bool,
    pooled: Part | None,
    given: float | None,
) -> Row:
    first, second = mean_of(baseline), mean_of(matrix)
    strangers, difference = among_strangers(first, second), second.value - first.value
    users = among_users(baseline.mean(axis=0), matrix.mean(axis=0)) if paired else strangers
    parts = of_seeds(baseline.mean(axis=1), matrix.mean(axis=1), pooled, given)
    likely = _likely_spread(first, second, pooled, given)
    return Row(
        metric="/".join(pair),
        arm=arm.name,
        num_users=matrix.shape[1],
        seeds=(len(baseline), len(matrix)),
        baseline=first,
        value=second,
        users=users,
        total=None if parts is None else student(difference, [_part(users), *parts]),
        unpaired_standard_error=strangers.standard_error,
        seed_spread=likely,
        seeds_to_decide=seeds_to_decide(difference, users, likely),
    )


def _part(users: Chance) -> Part:
    return Part(variance=users.standard_error**2, degrees=users.degrees)


def _likely_spread(
    first: Metric, second: Metric, pooled: Part | None, given: float | None
) -> float:
    """Return the spread between seeds to reckon with; where none is known, a cautious guess.

    On MovieLens-1M equal runs differ by half to one standard error over users (0.0025 to 0.0049
    against 0.005), so the larger standard error of the two stands for what is not known.
    """
    if given is not None:
        return given
    if pooled is not None:
        return float(np.sqrt(pooled.variance))
    return max(first.standard_error, second.standard_error)


def _same_cases(first: Arm, second: Arm, split: str) -> bool:
    frames = [arm.first.cases for arm in (first, second)]
    left, right = (frame[frame["split"] == split].reset_index(drop=True) for frame in frames)
    return left.equals(right)


def _judged(row: Row, p_adjusted: float, comparable: bool) -> Row:
    if row.total is None or not comparable:
        return attrs.evolve(row, p_adjusted=p_adjusted)
    verdict: Verdict = "different" if p_adjusted <= 1 - CONFIDENCE else "inside_noise"
    return attrs.evolve(row, p_adjusted=p_adjusted, verdict=verdict)
