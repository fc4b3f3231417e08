"""``python -m tests.bench.scale_plot FILE ... --to FOLDER``: what stages cost against the size.

The files are those of ``tests.bench.scale all`` and, for one more point, of
``tests.bench.scale_once``.
"""

from collections.abc import Sequence
from pathlib import Path

import click
import tests.bench.plots  # noqa: F401 (its settings: the same file from the same numbers)
from matplotlib.figure import Figure
from tests.bench.report import Report, read_json
from tests.bench.scale_stages import STAGES

DRAWN = {"CPU s": "seconds of computing", "GiB": "GiB of memory at most"}
PROCESSES = ("generate", "prepare", "run", "recommend")  # that have a memory of their own


def points(reports: Sequence[Report], stage: str, unit: str) -> tuple[list[float], list[float]]:
    """Return numbers of interactions and what a stage took there."""
    found = {}
    for report in reports:
        rows = next(iter(report.tables.values()))
        if report.benchmark == "scale all":
            found |= {row["interactions"]: row[f"{stage} {unit}"] for row in rows}
        elif report.benchmark == "scale once":
            (row,) = (row for row in rows if row["stage"] == stage)
            found[report.environment["interactions"]] = row[unit]
    sizes = sorted(found)
    return sizes, [found[size] for size in sizes]


def draw(reports: Sequence[Report]) -> Figure:
    """Draw a line a stage, on logarithmic scales; dotted is what grows in proportion."""
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    for axes, (unit, label) in zip(figure.subplots(1, 2), DRAWN.items(), strict=True):
        stages = PROCESSES if unit == "GiB" else [stage for stage in STAGES if stage != "run"]
        for stage in stages:
            axes.plot(*points(reports, stage, unit), marker="o", markersize=3, label=stage)
        axes.set(xscale="log", yscale="log", xlabel="interactions", ylabel=label)
        axes.axline((1e6, 1), (1e7, 10), color="C7", linestyle=":")
        axes.legend(fontsize=7)
    return figure


@click.command(help=__doc__)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path))
def plot(files, folder):
    """Draw the files' points into ``scale.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    reports = [report for file in files for report in read_json(file)]
    draw(reports).savefig(folder / "scale.svg", metadata={"Date": None})


if __name__ == "__main__":
    plot()
