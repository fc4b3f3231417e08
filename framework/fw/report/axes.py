"""What is written at the axis of a metric: its name and its unit."""

from __future__ import annotations

from fw.metrics import METRICS

_UNITS = {
    "coverage": "share of items, 0 to 1",
    "gini": "0 to 1",
    "popularity": "training interactions",
    "novelty": "bits",
}


def axis(metric: str) -> str:
    """Return the title of the axis of a metric such as ``test/full-seen-out/ndcg@10``."""
    name = metric.rpartition("/")[2]
    unit = "0 to 1" if is_of_ranks(metric) else _UNITS.get(name.partition("@")[0])
    return f"{name} ({unit})" if unit else name


def is_of_ranks(metric: str) -> bool:
    """Whether a metric is one of ranks: the higher, the better, and at most 1."""
    return metric.rpartition("/")[2].partition("@")[0] in METRICS
