"""Metrics of ranks: each a value for every rank, taken at the probability of the rank.

A case has one target, so recall is the hit rate, MAP the reciprocal rank, precision the hit rate
over k, and the ideal DCG is 1. A metric is named with its cutoff, ``"ndcg@10"``; ``"auc"`` has
none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from fw.expected_ranks import Floats, arrays
from fw.ranking import Counts, Metric

MetricName = Literal["hr", "recall", "precision", "ndcg", "mrr", "map", "auc"]
METRICS: tuple[MetricName, ...] = get_args(MetricName)

# From counts and R to the probabilities of ranks 1 .. R: the functions of fw.expected_ranks.
RankProbabilities = Callable[[Counts, int], Floats]

_VALUES: Mapping[str, Callable[[Floats], Floats]] = {
    "hr": np.ones_like,
    "recall": np.ones_like,
    "precision": lambda ranks: np.full_like(ranks, 1 / len(ranks)),
    "ndcg": lambda ranks: 1 / np.log2(ranks + 1),
    "mrr": lambda ranks: 1 / ranks,
    "map": lambda ranks: 1 / ranks,
}
_BLOCK = 8192  # cases: a few MiB of probabilities at a time


def names(metrics: Iterable[str], cutoffs: Iterable[int]) -> tuple[str, ...]:
    """Return every metric with every cutoff, such as ``("hr@1", "hr@10", "auc")``."""
    cutoffs = tuple(cutoffs)
    return tuple(
        name
        for metric in metrics
        for name in (["auc"] if metric == "auc" else [f"{metric}@{k}" for k in cutoffs])
    )


def rank_values(name: str) -> Floats:
    """Return what a target on rank 1 .. k is worth under a metric such as ``"ndcg@10"``: [k]."""
    metric, _, cutoff = name.partition("@")
    return _VALUES[metric](np.arange(1, int(cutoff) + 1, dtype=np.float64))


def per_case(
    wanted: Sequence[str], counts: Counts, probabilities: RankProbabilities
) -> dict[str, Floats]:
    """Return every wanted metric of every case ([C] each), its expectation over ties and draws."""
    num_cases = len(counts.better)
    blocks = [
        _block(wanted, Counts(*(part[start : start + _BLOCK] for part in counts)), probabilities)
        for start in range(0, max(num_cases, 1), _BLOCK)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in wanted}


def area_under_curve(counts: Counts) -> Floats:
    """Return the share of eligible items that score below the target, ties by half: [C].

    A target with nothing to be ranked with gets 0.5, the value of chance.
    """
    better, tied, eligible = arrays(counts)
    worse = eligible - better - tied
    return np.where(eligible > 0, (worse + tied / 2) / np.maximum(eligible, 1), 0.5)


def summary(values: Floats) -> Metric:
    """Return the mean over cases and its standard error, nan where there are too few cases."""
    if not len(values):
        return Metric(math.nan, math.nan)
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    return Metric(float(values.mean()), spread / math.sqrt(len(values)))


def chance(name: str, eligible: Tensor, probabilities: RankProbabilities) -> float:
    """Return a metric's mean where no case's ``eligible`` ([C]) items can be told apart."""
    blind = Counts(torch.zeros_like(eligible), eligible, eligible)
    return summary(per_case([name], blind, probabilities)[name]).value


def is_at_chance(metric: Metric, chance: float, *, errors: float = 3.0) -> bool:
    """Return whether a metric lies within some standard errors of chance: inputs want checking."""
    return abs(metric.value - chance) <= errors * metric.standard_error + 1e-9


def is_feasible(values: Mapping[str, float], *, tolerance: float = 5e-5) -> bool:
    """Return whether any ranks of one target a case could give all these metrics at once.

    ``values`` are by name with cutoff; each may be off by ``tolerance`` (rounding). Numbers that no
    ranks can give come from a faulty metric: with one target HR@1 = NDCG@1 = MRR@1, and MRR@k <=
    NDCG@k <= HR@k.
    """
    from scipy.optimize import linprog  # slow to import, and no run needs it

    worth = [rank_values(name) for name in values]
    longest = max(map(len, worth))
    matrix = np.array([np.pad(row, (0, longest - len(row))) for row in worth])
    wanted = np.array(list(values.values()))
    shares = linprog(  # of cases, by rank
        np.zeros(longest),
        A_ub=np.vstack([matrix, -matrix, np.ones(longest)]),
        b_ub=np.concatenate([wanted + tolerance, tolerance - wanted, [1.0]]),
    )
    return bool(shares.success)


def _block(
    wanted: Sequence[str], counts: Counts, probabilities: RankProbabilities
) -> dict[str, Floats]:
    worth = {name: rank_values(name) for name in wanted if name != "auc"}
    longest = max(map(len, worth.values()), default=0)
    likely = probabilities(counts, longest) if longest else np.zeros((len(counts.better), 0))
    values = {name: likely[:, : len(row)] @ row for name, row in worth.items()}
    return values | ({"auc": area_under_curve(counts)} if "auc" in wanted else {})
