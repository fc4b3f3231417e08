"""The result of a run: every metric with its split and protocol, as data and as a table."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.table import Table

from fw.data.split import CaseList, Split
from fw.engine.selection import Selection
from fw.interfaces import Metrics

Scores = Mapping[str, Metrics]  # by protocol
SHOWN = ("hr@10", "ndcg@10")


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


def timing(state: Selection) -> dict[str, float | None]:
    """Summarise the times of a run; the first epoch warms up and is left out of the median."""
    train, evaluate = state.train_seconds, state.evaluate_seconds
    counted = train[1:] or train
    return {
        "seconds_per_epoch": statistics.median(counted) if counted else None,
        "seconds_per_epoch_fastest": min(counted, default=None),
        "seconds_per_epoch_slowest": max(counted, default=None),
        "seconds_training": sum(train),
        "seconds_evaluating": sum(evaluate),
    }


def ranks_frame(
    split: Split, case_lists: Mapping[str, CaseList], splits: Mapping[str, Scores]
) -> pd.DataFrame:
    """Return one row per case: its user, its target, and its counts under every protocol."""
    parts = [_ranks_of(split, name, case_lists[name], scores) for name, scores in splits.items()]
    return pd.concat(parts, ignore_index=True)


def _ranks_of(split: Split, name: str, cases: CaseList, scores: Scores) -> pd.DataFrame:
    store = split.store
    targets = store.items[store.offsets[cases.rows] + cases.ends]
    columns: dict[str, Any] = {
        "split": name,
        "user": store.user_ids[cases.rows],
        "target": store.item_ids[targets - 1],
    }
    for protocol, metrics in scores.items():
        for field, values in metrics.counts._asdict().items():
            columns[f"{protocol}/{field}"] = values.cpu().numpy()
    return pd.DataFrame(columns)


def result_table(rows: Mapping[str, Mapping[str, Scores]]) -> Table:
    """Make the table shown at the end: one line per protocol and scorer, validation beside test."""
    table = Table(title="validation selects, test is scored once", title_justify="left")
    for heading in ("protocol", "", *(f"{s} {m}" for s in ("valid", "test") for m in SHOWN)):
        table.add_column(heading, justify="left" if heading in ("protocol", "") else "right")
    protocols = next(iter(next(iter(rows.values())).values())).keys()
    for protocol in protocols:
        for name, splits in rows.items():
            table.add_row(protocol, name, *_cells(splits, protocol))
        table.add_section()
    return table


def remarks(rows: Mapping[str, Mapping[str, Scores]], metric: str = "ndcg@10") -> list[str]:
    """Say, for each protocol, where the model does not beat popularity on the test split."""
    model, popularity = rows["model"]["test"], rows["popularity"]["test"]
    return [
        f"THE MODEL DOES NOT BEAT POPULARITY under {protocol}: test {metric} "
        f"{model[protocol].values[metric].value:.4f} against "
        f"{popularity[protocol].values[metric].value:.4f}"
        for protocol in model
        if metric in model[protocol].values
        and model[protocol].values[metric].value <= popularity[protocol].values[metric].value
    ]


def _cells(splits: Mapping[str, Scores], protocol: str) -> list[str]:
    return [
        _cell(splits.get(split_name, {}).get(protocol), metric)
        for split_name in ("valid", "test")
        for metric in SHOWN
    ]


def _cell(metrics: Metrics | None, name: str) -> str:
    if metrics is None or name not in metrics.values:
        return "-"
    metric = metrics.values[name]
    return f"{metric.value:.4f} ± {metric.standard_error:.4f}"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
