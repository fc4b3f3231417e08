"""Figures of what changes from epoch to epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fw.report.numbers import plain
from fw.report.parts import Figure, Series, Table
from fw.report.runs import Row, Run, all_runs

_MOST_COLUMNS, _MOST_LINES, _MOST_SAID = 12, 25, 6


def names_in(rows: Sequence[Row], part: str) -> list[str]:
    """Return the names of all numbers in a part of the lines: losses, metrics, diagnostics."""
    found = (name for run in all_runs(rows) for line in run.epochs for name in line[part])
    return list(dict.fromkeys(found))


def figure(
    rows: Sequence[Row], part: str, name: str, *, title: str, about: str, y_title: str
) -> Figure:
    """Show one number of every epoch that has it, a line a run."""
    series = [*_series(rows, part, name)]
    return Figure(
        title=title,
        about=about,
        x_title="epoch",
        y_title=y_title,
        series=series,
        table=_table(title, series),
        summary=_summary(title, series),
    )


def _series(rows: Sequence[Row], part: str, name: str) -> Iterator[Series]:
    for row in rows:
        for run in row.runs:
            lines = [line for line in run.epochs if name in line[part]]
            epochs = [line["epoch"] for line in lines]
            if epochs:
                yield Series(
                    row=row.number,
                    name=label(row, run),
                    x=epochs,
                    y=[line[part][name] for line in lines],
                    marked=epochs.index(run.best_epoch) if run.best_epoch in epochs else None,
                )


def label(row: Row, run: Run) -> str:
    """Call a run by its row, with its seed where the row has several."""
    return f"{row.name}, seed {run.begun.seed}" if len(row.runs) > 1 else row.name


def _table(title: str, series: Sequence[Series]) -> Table:
    if len(series) > _MOST_COLUMNS:
        return _overview(title, series)
    epochs = sorted({epoch for one in series for epoch in one.x})
    kept = _thinned(epochs)
    note = "" if len(kept) == len(epochs) else f", {len(kept)} of {len(epochs)} epochs"
    values = [dict(zip(one.x, one.y, strict=True)) for one in series]
    return Table(
        caption=f"{title} by epoch{note}",
        headings=("epoch", *(one.name for one in series)),
        lines=[(str(epoch), *(plain(one.get(epoch)) for one in values)) for epoch in kept],
    )


def _overview(title: str, series: Sequence[Series]) -> Table:
    """Sum up series that are too many for a column each."""
    return Table(
        caption=f"{title}: ends of {len(series)} curves",
        headings=("run", "first", "last", "lowest", "highest"),
        lines=[(one.name, *map(plain, _ends(one))) for one in series],
    )


def _ends(series: Series) -> tuple[float | None, ...]:
    known = [value for value in series.y if value is not None]
    return (known[0], known[-1], min(known), max(known)) if known else (None,) * 4


def _thinned(epochs: Sequence[int]) -> list[int]:
    """Leave evenly spaced epochs, the first and the last among them."""
    if len(epochs) <= _MOST_LINES:
        return list(epochs)
    step = (len(epochs) - 1) / (_MOST_LINES - 1)
    return [epochs[round(place * step)] for place in range(_MOST_LINES)]


def _summary(title: str, series: Sequence[Series]) -> str:
    said = [f"{one.name}: {_course(one)}" for one in series[:_MOST_SAID]]
    more = [f"and {len(series) - _MOST_SAID} more"] if len(series) > _MOST_SAID else []
    return f"Line chart of {title} by epoch. " + "; ".join([*said, *more]) + "."


def _course(series: Series) -> str:
    first, last, *_ = map(plain, _ends(series))
    return f"{first} in epoch {series.x[0]}, {last} in epoch {series.x[-1]}"
