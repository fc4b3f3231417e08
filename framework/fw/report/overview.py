"""Which runs the page is about, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fw.report.numbers import UNKNOWN, metric
from fw.report.parts import Folded, Notes, Part, Section, Table
from fw.report.runs import MANY, Row, Run, all_runs


def section(rows: Sequence[Row]) -> Section:
    """List the runs with their state."""
    return Section(title="Runs", parts=[*_parts(rows)])


def _parts(rows: Sequence[Row]) -> Iterator[Part]:
    open_ones = [run for run in all_runs(rows) if run.result is None]
    if open_ones:
        yield Notes(
            urgent=True,
            lines=[f"{run.name} is not finished: {_how_far(run)}." for run in open_ones],
        )
    table = Table(
        caption="Every run: its state, and the epoch that validation selected",
        headings=("run", "state", "seed", "epochs", "best epoch", "validation", "looks at test"),
        lines=[_line(run) for run in all_runs(rows)],
    )
    many = len(table.lines) > MANY
    yield Folded(title=f"All {len(table.lines)} runs", parts=[table]) if many else table


def _how_far(run: Run) -> str:
    return f"{run.state} after {len(run.epochs)} of {run.planned} epochs; it has no test results"


def _line(run: Run) -> tuple[str, ...]:
    best = run.best_epoch
    return (
        run.name,
        f"{run.state}, final fit" if run.is_final_fit else run.state,
        str(run.begun.seed),
        f"{len(run.epochs)} of {run.planned}",
        UNKNOWN if best is None else str(best),
        UNKNOWN if best is None else f"{run.monitor} {metric(_value(run, best))}",
        UNKNOWN if run.result is None else str(run.result["test_looks"]),
    )


def _value(run: Run, epoch: int) -> float | None:
    values = (line["metrics"].get(run.monitor) for line in run.epochs if line["epoch"] == epoch)
    return next(values, None)
