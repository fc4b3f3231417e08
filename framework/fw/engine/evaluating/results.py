"""The result of a run as data: every metric with its split and protocol."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from fw.data.split import CaseList, Split
from fw.interfaces import Metrics
from fw.ranking import Counts

Scores = Mapping[str, Metrics]  # by protocol
# The columns of a protocol that tell where a target stood, not what that is worth.
STANDINGS = (*Counts._fields, *(f"{field}_weight" for field in Counts._fields))


def full_names(split_name: str, scores: Scores) -> dict[str, float]:
    """Return values by full name, ``<split>/<protocol>/<metric>``."""
    return {
        f"{split_name}/{protocol}/{name}": metric.value
        for protocol, metrics in scores.items()
        for name, metric in metrics.values.items()
    }


def as_json(splits: Mapping[str, Scores]) -> dict[str, dict[str, float | None]]:
    """Return values with standard errors by full name."""
    return {
        f"{split_name}/{protocol}/{name}": {
            "value": _number(metric.value),
            "standard_error": _number(metric.standard_error),
        }
        for split_name, scores in splits.items()
        for protocol, metrics in scores.items()
        for name, metric in metrics.values.items()
    }


def notes(splits: Mapping[str, Scores]) -> dict[str, Any]:
    """Return what evaluators remarked, by ``<split>/<protocol>``."""
    return {
        f"{split_name}/{protocol}": dict(metrics.notes)
        for split_name, scores in splits.items()
        for protocol, metrics in scores.items()
        if metrics.notes
    }


def ranks_frame(
    split: Split, case_lists: Mapping[str, CaseList], splits: Mapping[str, Scores]
) -> pd.DataFrame:
    """Return one row per case: its user, its target, and under every protocol counts and metrics.

    Columns are named ``<protocol>/better`` ... and ``<protocol>/<metric>``, and ``/better_weight``
    ... too where metrics come from sums of items' weights. ``history_length`` is how many items
    came before the target, ``target_count`` how often the target occurs in training.
    """
    parts = [_ranks_of(split, name, case_lists[name], scores) for name, scores in splits.items()]
    return pd.concat(parts, ignore_index=True)


def _ranks_of(split: Split, name: str, cases: CaseList, scores: Scores) -> pd.DataFrame:
    store = split.store
    targets = store.items[store.offsets[cases.rows] + cases.ends]
    columns: dict[str, Any] = {
        "split": name,
        "user": store.user_ids[cases.rows],
        "target": store.item_ids[targets - 1],
        "history_length": cases.ends,
        "target_count": split.item_counts[targets],
    }
    for protocol, metrics in scores.items():
        columns |= _standing_columns(protocol, metrics)
        for metric, values in metrics.per_case.items():
            columns[f"{protocol}/{metric}"] = values
    return pd.DataFrame(columns)


def _standing_columns(protocol: str, metrics: Metrics) -> dict[str, Any]:
    parts = (*metrics.counts, *(metrics.weights or ()))
    named = zip(STANDINGS[: len(parts)], parts, strict=True)
    return {f"{protocol}/{field}": values.cpu().numpy() for field, values in named}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
