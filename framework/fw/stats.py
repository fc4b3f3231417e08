"""Comparisons of two models over the same cases: how sure one can be of a difference.

Everything takes the values of cases ([C], float64), such as the NDCG of every case, and means over
them. What is drawn depends on ``seed`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from fw.expected_ranks import Floats
from fw.metrics import summary
from fw.ranking import Metric

_AT_ONCE = 2**22  # random numbers


def paired_difference(first: Floats, second: Floats) -> Metric:
    """Return the mean of second - first over the cases that both scored, and its standard error."""
    return summary(second - first)


def unpaired_difference(first: Metric, second: Metric) -> Metric:
    """Return second - first and its standard error where the cases behind them are not matched."""
    error = math.hypot(first.standard_error, second.standard_error)
    return Metric(second.value - first.value, error)


def bootstrap_interval(
    differences: Floats, *, confidence: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of paired differences ([C]).

    Cases are resampled, both models' values of a case together (Efron and Tibshirani, "An
    introduction to the bootstrap", 1993, section 13.3).
    """
    rng, num_cases = np.random.default_rng(seed), len(differences)
    means = np.concatenate(
        [
            differences[rng.integers(0, num_cases, (rows, num_cases))].mean(axis=1)
            for rows in _batches(resamples, num_cases)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def sign_flip_test(differences: Floats, *, resamples: int = 10_000, seed: int = 0) -> float:
    """Return the two-sided p-value of "both models are exchangeable on every case".

    Under that, each paired difference ([C]) might as well have had the other sign (Fisher's
    randomisation test; for retrieval Smucker, Allan and Carterette, CIKM 2007). The observed signs
    count as one of the resamples, so p is never 0.
    """
    rng = np.random.default_rng(seed)
    observed, spread = abs(differences.sum()), np.abs(differences).sum()
    as_far = 1
    for rows in _batches(resamples, len(differences)):
        flipped = rng.integers(0, 2, (rows, len(differences)), dtype=np.int8)
        sums = 2 * (flipped @ differences) - differences.sum()
        as_far += int((np.abs(sums) >= observed - 1e-12 * spread).sum())
    return as_far / (resamples + 1)


def mcnemar_test(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Return the exact two-sided p-value of McNemar's test for hits ([C] bool) of two models.

    Only cases that exactly one of the two hits say anything; each is a fair coin if the models are
    equally good (McNemar, Psychometrika 12, 1947).
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, in order (Holm, Scand. J. Stat. 6, 1979).

    Rejecting those that are at most alpha keeps the probability of any false rejection below alpha.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values)
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(raised, 1.0)
    return [float(value) for value in adjusted]


def _batches(resamples: int, num_cases: int) -> Iterator[int]:
    size = max(_AT_ONCE // max(num_cases, 1), 1)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
