"""Metrics of what is recommended, whether it is right or not: of lists of items, not of ranks.

Lists are [C, k] of items 1..N, best first, 0 (PAD) where a case has fewer; ``item_counts`` are the
training interactions of every item, [N + 2]. Coverage and Gini are of all lists taken together:
they have no value of a case, and so no standard error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from fw.expected_ranks import Floats
from fw.metrics import summary
from fw.ranking import Lists, Metric

ListMetricName = Literal["coverage", "gini", "popularity", "novelty"]
LIST_METRICS: tuple[ListMetricName, ...] = get_args(ListMetricName)
Integers: TypeAlias = npt.NDArray[np.integer]


def coverage(lists: Integers, item_counts: Integers) -> float:
    """Return the share of the catalogue that stands in at least one list.

    Catalogue coverage: Ge, Delgado-Battenfeld and Jannach, "Beyond accuracy", RecSys 2010.
    """
    return float((_times_recommended(lists, item_counts) > 0).mean())


def concentration(lists: Integers, item_counts: Integers) -> float:
    """Return the Gini coefficient of how often each item of the catalogue is recommended."""
    return gini(_times_recommended(lists, item_counts))


def popularity(lists: Integers, item_counts: Integers) -> Floats:
    """Return the mean number of training interactions of the items of each list: [C].

    Average recommendation popularity: Yin et al., "Challenging the long tail recommendation", VLDB
    2012. An empty list counts 0.
    """
    return _mean_over(lists, item_counts.astype(np.float64))


def novelty(lists: Integers, item_counts: Integers) -> Floats:
    """Return the mean self-information of the items of each list, in bits: [C].

    -log2 of an item's share of the training interactions, after Zhou et al., "Solving the apparent
    diversity-accuracy dilemma of recommender systems", PNAS 107(10), 2010, who take its share of
    the users. An item without any counts as if it had one. An empty list counts 0.
    """
    shares = np.maximum(item_counts, 1) / max(item_counts.sum(), 1)
    return _mean_over(lists, -np.log2(shares))


def gini(counts: Integers) -> float:
    """Return the Gini coefficient of counts ([N]): 0 if all are equal, near 1 if one has all.

    sum over i of (2 i - N - 1) c[i] / (N sum c), with c in rising order and i from 1: Castells,
    Hurley and Vargas, "Novelty and diversity in recommender systems", Recommender Systems Handbook,
    2015, who divide by N - 1. Where all counts are 0 it is 0.
    """
    number, total = len(counts), counts.sum()
    places = 2 * np.arange(1, number + 1) - number - 1
    return float((places * np.sort(counts)).sum() / (number * total)) if total else 0.0


_OF_LISTS: Mapping[str, Callable[[Integers, Integers], float | Floats]] = {
    "coverage": coverage,
    "gini": concentration,
    "popularity": popularity,
    "novelty": novelty,
}


def of_lists(
    metrics: Sequence[str], cutoffs: Sequence[int], lists: Lists
) -> tuple[dict[str, Metric], dict[str, Floats]]:
    """Return every metric at every cutoff, and by case ([C]) those that have a value for each."""
    items, counts = lists.items.cpu().numpy(), lists.item_counts.cpu().numpy()
    wanted = [(name, k) for name in metrics for k in cutoffs]
    found = {f"{name}@{k}": _OF_LISTS[name](items[:, :k], counts) for name, k in wanted}
    by_case = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
    whole = {name: Metric(v, math.nan) for name, v in found.items() if isinstance(v, float)}
    means = {name: summary(values) for name, values in by_case.items()} | whole
    return {name: means[name] for name in found}, by_case


def _times_recommended(lists: Integers, item_counts: Integers) -> Integers:
    """Return in how many lists each item stands: [N]."""
    return np.bincount(lists.ravel(), minlength=len(item_counts))[1:-1]


def _mean_over(lists: Integers, values: Floats) -> Floats:
    """Return the mean of an item's value ([N + 2]) over each list, PAD left out: [C]."""
    real = lists > 0
    sums = np.where(real, values[lists], 0.0).sum(axis=1)
    return np.asarray(sums / np.maximum(real.sum(axis=1), 1))
