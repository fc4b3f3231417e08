"""How far chance alone moves a difference: chance among users, and chance among seeds.

The two are kept apart. Users (cases) are the same for both arms, so their differences are paired.
Seeds are not shared: every arm's mean moves by its own spread. For S runs of an arm with means of
variance s^2, and C cases with paired differences d of the arms' means over seeds,

    V = var(d) / C  +  s_a^2 / S_a  +  s_b^2 / S_b,

the sum of the components of a crossed design of users and seeds. What users and seeds do together
is in both parts, so V errs towards too wide, as resampling both does (Owen, "The pigeonhole
bootstrap", Annals of Applied Statistics 1, 2007). Degrees of freedom are Satterthwaite's
(Biometrics Bulletin 2, 1946), and the interval is Student's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from scipy import stats as distributions

from fw.expected_ranks import Floats
from fw.ranking import Metric
from fw.stats import (
    bootstrap_interval,
    mcnemar_test,
    paired_difference,
    sign_flip_test,
    unpaired_difference,
)

CONFIDENCE = 0.95


@attrs.frozen(kw_only=True)
class Chance:
    """How far a difference is moved by chance: an interval around it, and p of "no difference"."""

    standard_error: float
    interval: tuple[float, float]
    p_value: float
    test: str
    degrees: float = math.inf


@attrs.frozen(kw_only=True)
class Part:
    """One component of a variance with its degrees of freedom."""

    variance: float
    degrees: float = math.inf


def among_users(first: Floats, second: Floats) -> Chance:
    """Return how chance among users moves the mean of second - first: [C] each, paired.

    The interval is the percentile bootstrap's. The test is McNemar's where both are hits or misses,
    else Fisher's randomisation test.
    """
    differences = second - first
    whole = bool(np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all())
    if whole:
        p_value, test = mcnemar_test(first > 0.5, second > 0.5), "McNemar"
    else:
        # A difference of 0 stays 0 whatever its sign: it need not be flipped.
        p_value, test = sign_flip_test(differences[differences != 0]), "randomisation"
    return Chance(
        standard_error=paired_difference(first, second).standard_error,
        interval=bootstrap_interval(differences, confidence=CONFIDENCE),
        p_value=p_value,
        test=test,
        degrees=len(differences) - 1,
    )


def among_strangers(first: Metric, second: Metric) -> Chance:
    """Return the same where the cases of the two are not the same ones, so that none are paired."""
    difference, error = unpaired_difference(first, second)
    return student(difference, [Part(variance=error**2)], "z, unpaired")


def student(difference: float, parts: Sequence[Part], test: str = "t") -> Chance:
    """Return the interval and the test of a difference whose variance is the sum of ``parts``."""
    variance = sum(part.variance for part in parts)
    degrees, error = satterthwaite(parts), math.sqrt(variance)
    half = error * float(distributions.t.ppf((1 + CONFIDENCE) / 2, degrees))
    p_value = 2 * float(distributions.t.sf(abs(difference) / error, degrees)) if error else 1.0
    return Chance(
        standard_error=error,
        interval=(difference - half, difference + half),
        p_value=p_value if error or not difference else 0.0,
        test=test,
        degrees=degrees,
    )


def satterthwaite(parts: Sequence[Part]) -> float:
    """Return the degrees of freedom of a sum of independent variances."""
    total = sum(part.variance for part in parts)
    weighted = sum(part.variance**2 / part.degrees for part in parts if part.degrees > 0)
    return total**2 / weighted if weighted else math.inf
