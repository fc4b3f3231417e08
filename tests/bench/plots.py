"""Plots of what was measured, from the JSON that ``--json`` wrote."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from tests.bench.report import Report, Row, read_json

# The same file from the same numbers, with text that is text.
mpl.rcParams.update({"svg.hashsalt": "fw", "svg.fonttype": "none", "font.size": 9})


def plot_files(files: Iterable[Path], folder: Path) -> list[Path]:
    """Draw every report of some files that has a plot into ``folder``; return what was written."""
    return draw((report for file in files for report in read_json(file)), folder)


def draw(reports: Iterable[Report], folder: Path) -> list[Path]:
    """Draw every report that has a plot into ``folder``; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for report in reports:
        if report.benchmark not in PLOTS:
            print(f"{report.benchmark} has no plot", file=sys.stderr)
            continue
        path = folder / f"{report.benchmark}.svg"
        PLOTS[report.benchmark](report).savefig(path, metadata={"Date": None})
        written.append(path)
    return written


def peers(report: Report) -> Figure:
    """Draw each contender's seconds as a bar, with its fastest and its slowest turn."""
    title, rows = _first_table(report)
    figure = Figure(figsize=(7, 0.4 * len(rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    medians = [row["seconds (median)"] for row in rows]
    below = [row["seconds (median)"] - row["min"] for row in rows]
    above = [row["max"] - row["seconds (median)"] for row in rows]
    names = [row["what"] for row in rows]
    colours = ["C0" if name.startswith("fw") else "C7" for name in names]
    axes.barh(names, medians, xerr=[below, above], color=colours, error_kw={"elinewidth": 1})
    axes.invert_yaxis()
    axes.set(title=title, xlabel="seconds, median (line: fastest to slowest)")
    return figure


def growth(report: Report) -> Figure:
    """Draw seconds and memory, each against the factor by which one size has grown."""
    title, rows = _first_table(report)
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    figure.suptitle(title, fontsize=9)
    columns = ("seconds, times half the size", "memory, times half the size")
    for axes, column in zip(figure.subplots(1, 2), columns, strict=True):
        for axis in dict.fromkeys(row["what grows"] for row in rows):
            axes.plot(*_grown(rows, axis, column), marker="o", label=axis)
        axes.axline((1, 1), (2, 2), color="C7", linestyle=":", label="in proportion")
        axes.set(xlabel="factor", ylabel=f"{column.partition(',')[0]}, times those of the base")
        _by_doublings(axes)
    axes.legend()
    return figure


def losses(report: Report) -> Figure:
    """Draw NDCG@10 against the seconds trained, a line a run."""
    _, rows = _first_table(report)
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    axes = figure.subplots()
    colours = {loss: f"C{place}" for place, loss in enumerate(dict.fromkeys(_losses(rows)))}
    for row in rows:
        label = row["loss"] if row["seed"] == 1 else None
        points = row["seconds so far"], row["NDCG@10 so far"]
        axes.plot(*points, color=colours[row["loss"]], label=label)
    axes.set(xlabel="seconds of training", ylabel="NDCG@10, validation")
    figure.legend(loc="outside right center")
    return figure


PLOTS = {"peers": peers, "growth": growth, "losses": losses}


def _first_table(report: Report) -> tuple[str, Sequence[Row]]:
    return next(iter(report.tables.items()))


def _losses(rows: Sequence[Row]) -> list[str]:
    return [row["loss"] for row in rows]


def _by_doublings(axes: Axes) -> None:
    """Give both axes logarithmic scales with plain numbers at 1, 2, 4 ..."""
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ScalarFormatter())


def _grown(rows: Sequence[Row], axis: str, column: str) -> tuple[list[float], list[float]]:
    """Return factors and how many times the base each is, from ratios to half the size."""
    factors, times = [1.0], [1.0]
    for row in rows:
        if row["what grows"] == axis:
            factors.append(row["factor"])
            times.append(times[-1] * row[column])
    return factors, times
