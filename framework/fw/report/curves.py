"""Learning curves: every loss term and every validation metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fw.comparison.checks import SHOWN
from fw.report.axes import axis, is_of_ranks
from fw.report.epochs import figure, names_in
from fw.report.parts import Figure, Folded, Notes, Part, Section
from fw.report.runs import Row, all_runs


def section(rows: Sequence[Row]) -> Section:
    """Show losses and metrics over epochs; metrics that are seldom looked at are folded away."""
    return Section(title="Learning curves", parts=[*_parts(rows)])


def _parts(rows: Sequence[Row]) -> Iterator[Part]:
    if not any(run.epochs for run in all_runs(rows)):
        yield Notes(lines=["No run has finished an epoch yet."])
        return
    yield from (_loss(rows, name) for name in names_in(rows, "losses"))
    metrics = names_in(rows, "metrics")
    usual = [name for name in metrics if _is_usual(name, rows)]
    yield from (_metric(rows, name) for name in usual)
    others = [name for name in metrics if name not in usual]
    if others:
        yield Folded(
            title=f"{len(others)} more metrics", parts=[_metric(rows, name) for name in others]
        )


def _is_usual(name: str, rows: Sequence[Row]) -> bool:
    return name.rpartition("/")[2] in SHOWN or any(run.monitor == name for run in all_runs(rows))


def _loss(rows: Sequence[Row], name: str) -> Figure:
    return figure(
        rows,
        "losses",
        name,
        title=f"loss {name}",
        about="Mean over the steps of an epoch, before its weight.",
        y_title="loss (mean over steps)",
    )


def _metric(rows: Sequence[Row], name: str) -> Figure:
    better = ": the higher, the better" if is_of_ranks(name) else ""
    selects = " It selects the weights." if any(r.monitor == name for r in all_runs(rows)) else ""
    return figure(
        rows,
        "metrics",
        name,
        title=name,
        about=f"Validation{better}.{selects}",
        y_title=axis(name),
    )
