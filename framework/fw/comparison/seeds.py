"""How far seeds move the mean of an arm, and how many of them would settle a question."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from scipy import stats as distributions
from scipy.integrate import quad

from fw.comparison.chance import CONFIDENCE, Chance, Part, student
from fw.expected_ranks import Floats


def spread(runs: Sequence[Floats]) -> Part | None:
    """Return the variance between the runs of one arm, pooled over arms ([S] means each).

    None where no arm has two runs.
    """
    several = [means for means in runs if len(means) > 1]
    degrees = sum(len(means) - 1 for means in several)
    if not degrees:
        return None
    squares = sum(float(means.var()) * len(means) for means in several)
    return Part(variance=squares / degrees, degrees=degrees)


def of_seeds(
    first: Floats, second: Floats, pooled: Part | None, given: float | None
) -> list[Part] | None:
    """Return what seeds add to the variance of a difference of two arms ([S] means each).

    An arm with several runs has its own spread. Where one has a single run, the spread is taken to
    be ``given`` (a standard deviation), or else, for both, the one ``pooled`` over all arms; None
    where nothing is known.
    """
    single = min(len(first), len(second)) == 1
    if single and given is None:
        return None if pooled is None else [_shared(pooled, first, second)]
    return [_own(means, given or 0.0) for means in (first, second)]


def _shared(pooled: Part, first: Floats, second: Floats) -> Part:
    factor = 1 / len(first) + 1 / len(second)
    return Part(variance=pooled.variance * factor, degrees=pooled.degrees)


def _own(means: Floats, given: float) -> Part:
    own = spread([means])
    if own is None:
        return Part(variance=given**2)
    return Part(variance=own.variance / len(means), degrees=own.degrees)


def seeds_to_decide(
    difference: float, users: Chance, spread_of_seeds: float, most: int = 1000
) -> int | None:
    """Return how many seeds an arm would make a difference of this size stand out of chance.

    At least two, since one shows no spread; None where the users alone leave it open, or more than
    ``most`` are needed.
    """
    candidates = range(2, most + 1)

    def decides(seeds: int) -> bool:
        among_seeds = Part(variance=2 * spread_of_seeds**2 / seeds, degrees=2 * (seeds - 1))
        among_cases = Part(variance=users.standard_error**2, degrees=users.degrees)
        return student(difference, [among_cases, among_seeds]).p_value <= 1 - CONFIDENCE

    place = bisect_left(candidates, True, key=decides)  # more seeds never decide less
    return candidates[place] if place < len(candidates) else None


def luck_of_the_best(number: int) -> float:
    """Return the expected largest of independent standard normal variables.

    That is how many standard deviations the best of ``number`` equal methods is ahead of them.
    """
    normal = distributions.norm

    def weighted(x: float) -> float:
        return float(number * x * normal.pdf(x) * normal.cdf(x) ** (number - 1))

    return float(quad(weighted, -10, 10)[0])
