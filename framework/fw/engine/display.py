"""The result of a run as a person sees it: a table a protocol, and what stands out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from rich import box
from rich.table import Table

from fw.beyond_accuracy import LIST_METRICS
from fw.engine.evaluating.results import Scores
from fw.interfaces import Metrics

Rows = Mapping[str, Mapping[str, Scores]]  # by scorer ("model", "popularity" ...), then by split


def result_tables(rows: Rows) -> list[Table]:
    """Make a table for each protocol: a line a scorer, the splits side by side.

    Where what is recommended was looked at, a table of that on the last split follows.
    """
    return [table for protocol in _last(rows) for table in _tables(rows, protocol)]


def _tables(rows: Rows, protocol: str) -> Iterator[Table]:
    found, splits = _last(rows)[protocol], [*rows["model"]]
    accuracy = [(split, name) for split in splits for name in shown_metrics(found)]
    headings = [f"{split} {name}" for split, name in accuracy]
    yield _table(rows, protocol, protocol, accuracy, headings)
    beyond = _at_ten(found, LIST_METRICS)
    if beyond:
        title = f"{protocol}: what is recommended, {splits[-1]}"
        columns = [(splits[-1], one) for one in beyond]
        yield _table(rows, protocol, title, columns, beyond)


def _last(rows: Rows) -> Mapping[str, Metrics]:
    """Return what the model has on test, or where that was not scored on validation."""
    return [*rows["model"].values()][-1]


def _table(
    rows: Rows,
    protocol: str,
    title: str,
    columns: Iterable[tuple[str, str]],  # split and metric
    headings: Iterable[str],
) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for scorer, found in rows.items():
        cells = [_cell(found[split][protocol], name) for split, name in columns]
        table.add_row(scorer, *cells, style="bold" if scorer == "model" else None)
    return table


def shown_metrics(metrics: Metrics) -> list[str]:
    """Choose what is shown of many metrics: hit rate and NDCG, at 10 where they are."""
    accuracy = [name for name in metrics.values if name.partition("@")[0] not in LIST_METRICS]
    return _at_ten(metrics, ("hr", "ndcg")) or accuracy[:2]


def _at_ten(metrics: Metrics, wanted: Iterable[str]) -> list[str]:
    """Return the wanted ones of the metrics at 10, or else at their first cutoff."""
    chosen = []
    for metric in wanted:
        named = [name for name in metrics.values if name.startswith(f"{metric}@")]
        chosen += [name for name in named if name == f"{metric}@10"] or named[:1]
    return chosen


def remarks(rows: Rows) -> Iterator[str]:
    """Say, for each protocol, what a reader must not miss."""
    split = [*rows["model"]][-1]
    for protocol, metrics in _last(rows).items():
        if metrics.notes.get("at_chance_level"):
            yield f"{protocol}: the model is at chance level: check its inputs"
        name = shown_metrics(metrics)[-1]
        popularity = rows["popularity"][split][protocol]
        model, least = metrics.values[name].value, popularity.values[name].value
        if model <= least and not _same_ranks(metrics, popularity):  # as popularity itself has
            yield (
                f"THE MODEL DOES NOT BEAT POPULARITY under {protocol}: {split} {name} "
                f"{model:.4f} against {least:.4f}"
            )


def _same_ranks(one: Metrics, other: Metrics) -> bool:
    """Whether two scorers have placed every target alike."""
    return all(map(torch.equal, one.counts, other.counts))


def timing_lines(timing: Mapping[str, Any]) -> Iterator[str]:
    """Say in a few lines what a run cost, and what makes its times hard to compare."""
    tokens, products = timing["tokens_per_epoch"], timing["matrix_products"]
    if timing["seconds_per_epoch"]:
        yield (
            f"{timing['seconds_per_epoch']:.2f} s an epoch (training alone, median of "
            f"{timing['epochs_counted']}, {timing['seconds_per_epoch_fastest']:.2f} to "
            f"{timing['seconds_per_epoch_slowest']:.2f}), "
            f"{timing['interactions_per_second']:,.0f} interactions/s, "
            f"{tokens['real_share']:.0%} of positions real, {_share(products)}"
            f"{timing['peak_memory_bytes']['process'] / 2**30:.1f} GiB of memory at most"
        )
    parts = dict(timing["parts"])
    wall = parts.pop("wall")
    yield f"{wall:.1f} s: " + ", ".join(f"{name} {spent:.1f}" for name, spent in parts.items())
    if timing["machine"]["note"]:
        yield f"{timing['machine']['note']}: these times are not comparable with others"


def _share(products: Mapping[str, float] | None) -> str:
    return f"{products['share']:.0%} of the machine's matrix rate, " if products else ""


def _cell(metrics: Metrics, name: str) -> str:
    metric = metrics.values[name]
    if math.isnan(metric.standard_error):
        return f"{metric.value:.4f}"  # of all cases together, or of too few
    error = f"{metric.standard_error:.4f}".removeprefix("0")  # so that a line has room for four
    return f"{metric.value:.4f} ± {error}"
