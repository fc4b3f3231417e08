"""The result of a run as a person sees it: a table a protocol, and what stands out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.table import Table

from fw.engine.results import Scores
from fw.interfaces import Metrics

Rows = Mapping[str, Mapping[str, Scores]]  # by scorer ("model", "popularity" ...), then by split
_SPLITS = ("valid", "test")


def result_tables(rows: Rows) -> list[Table]:
    """Make a table for each protocol: a line a scorer, validation beside test."""
    return [_table(rows, protocol) for protocol in rows["model"]["test"]]


def _table(rows: Rows, protocol: str) -> Table:
    shown = shown_metrics(rows["model"]["test"][protocol])
    table = Table(title=protocol, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for split in _SPLITS:
        for name in shown:
            table.add_column(f"{split} {name}", justify="right", no_wrap=True)
    for scorer, splits in rows.items():
        cells = [_cell(splits[split][protocol], name) for split in _SPLITS for name in shown]
        table.add_row(scorer, *cells, style="bold" if scorer == "model" else None)
    return table


def shown_metrics(metrics: Metrics) -> list[str]:
    """Choose what is shown of many metrics: hit rate and NDCG, at 10 where they are."""
    chosen = []
    for metric in ("hr", "ndcg"):
        named = [name for name in metrics.values if name.startswith(f"{metric}@")]
        chosen += [name for name in named if name == f"{metric}@10"] or named[:1]
    return chosen or list(metrics.values)[:2]


def remarks(rows: Rows) -> Iterator[str]:
    """Say, for each protocol, what a reader must not miss."""
    for protocol, metrics in rows["model"]["test"].items():
        if metrics.notes.get("at_chance_level"):
            yield f"{protocol}: the model is at chance level: check its inputs"
        name = shown_metrics(metrics)[-1]
        model, popularity = metrics.values[name], rows["popularity"]["test"][protocol].values[name]
        if model.value <= popularity.value:
            yield (
                f"THE MODEL DOES NOT BEAT POPULARITY under {protocol}: test {name} "
                f"{model.value:.4f} against {popularity.value:.4f}"
            )


def _cell(metrics: Metrics, name: str) -> str:
    metric = metrics.values[name]
    error = f"{metric.standard_error:.4f}".removeprefix("0")  # so that a line has room for four
    return f"{metric.value:.4f} ± {error}"
