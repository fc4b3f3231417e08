"""Where time went: training and evaluating, and how fast an epoch was."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from fw.report.numbers import UNKNOWN, duration
from fw.report.parts import Figure, Folded, Notes, Part, Section, Series, Table
from fw.report.runs import MANY, Row, Run, all_runs

_PARTS = ("training", "evaluating")
_BESIDE = "∥"


def section(rows: Sequence[Row]) -> Section:
    """Show the times of all runs that have trained."""
    return Section(title="Where time went", parts=[*_parts(rows)])


def _parts(rows: Sequence[Row]) -> Iterator[Part]:
    runs = [run for run in all_runs(rows) if run.epochs]
    if not runs:
        yield Notes(lines=["No run has finished an epoch yet."])
        return
    trained = [row for row in rows if any(run.epochs for run in row.runs)]
    yield _figure(trained)
    table = _table(runs)
    yield table if len(runs) <= MANY else Folded(title="Times of every run", parts=[table])
    if any(run.begun.environment.get("side_by_side") for run in runs):
        line = f"{_BESIDE}: ran side by side with other runs; these times are not comparable."
        yield Notes(lines=[line])


def _figure(rows: Sequence[Row]) -> Figure:
    return Figure(
        kind="bars",
        title="time of a run",
        about="Mean over the runs of a row. Evaluating is validation while training; of unfinished "
        "runs it is not known.",
        x_title="time (seconds)",
        y_title="",
        series=[
            Series(
                row=number,
                name=part,
                x=[_mean(row, part) for row in rows],
                y=[row.name for row in rows],
            )
            for number, part in enumerate(_PARTS)
        ],
        legend=dict(enumerate(_PARTS)),
        table=_means(rows),
        summary="Bar chart of the time of a run. " + "; ".join(map(_said, rows)) + ".",
    )


def _means(rows: Sequence[Row]) -> Table:
    return Table(
        caption="Time of a run, mean over the runs of a row",
        headings=("row", *_PARTS),
        lines=[(row.name, *(duration(_mean(row, part)) for part in _PARTS)) for row in rows],
    )


def _mean(row: Row, part: str) -> float | None:
    known = [_seconds(run)[part] for run in row.runs if run.epochs]
    values = [seconds for seconds in known if seconds is not None]
    return statistics.fmean(values) if values else None


def _said(row: Row) -> str:
    return f"{row.name}: " + ", ".join(f"{part} {duration(_mean(row, part))}" for part in _PARTS)


def _seconds(run: Run) -> dict[str, float | None]:
    if run.result is None:
        return {"training": sum(_epoch_seconds(run)), "evaluating": None}
    timing = run.result["timing"]
    return {part: timing[f"seconds_{part}"] for part in _PARTS}


def _epoch_seconds(run: Run) -> list[float]:
    return [line["seconds"] for line in run.epochs]


def _table(runs: Sequence[Run]) -> Table:
    return Table(
        caption="Times of each run; an epoch is training alone, the median without the first",
        headings=("run", "device", "epochs", "training", "evaluating", "an epoch", "speed"),
        lines=[_line(run) for run in runs],
    )


def _line(run: Run) -> tuple[str, ...]:
    seconds, environment = _seconds(run), run.begun.environment
    beside = f" {_BESIDE}" if environment.get("side_by_side") else ""
    counted = run.epochs[1:] or run.epochs
    return (
        run.name,
        str(environment["device"]),
        str(len(run.epochs)),
        duration(seconds["training"]),
        duration(seconds["evaluating"]),
        duration(statistics.median(line["seconds"] for line in counted)) + beside,
        _speed([line["users"] / line["seconds"] for line in counted if line["seconds"]]),
    )


def _speed(rates: Sequence[float]) -> str:
    return f"{statistics.median(rates):,.0f} users/s" if rates else UNKNOWN
