"""``python -m tests.bench [NAME ...]``: run benchmarks and print their tables.

``python -m tests.bench plot FILE ...`` draws what they wrote with ``--json``. Data is looked for in
FW_DATA_DIR, by default ../shared/data. Nothing else should run beside it.
"""

import sys
from pathlib import Path

import attrs
import click
from tests.bench import (
    dropout,
    evaluation,
    exponentials,
    grouping,
    growth,
    loaders,
    losses,
    negatives,
    parts,
    peers,
    plain,
    pointwise,
    startup,
    targets,
)
from tests.bench.report import Report, environment, load, write_json


def pairs_of(module):
    """Make one table of a benchmark that yields names and seconds; the first is the measure."""

    def measure(options):
        found = list(module.measure())
        rows = [
            {"what": what, "seconds (median)": seconds, "times": seconds / found[0][1]}
            for what, seconds in found
        ]
        return {module.__doc__.strip().splitlines()[0]: rows}

    return measure


BENCHMARKS = {
    "peers": peers.measure,
    "plain": plain.measure,
    "losses": losses.measure,
    "growth": growth.measure,
    "parts": parts.measure,
    "loaders": loaders.measure,
    "startup": startup.measure,
    "evaluation": pairs_of(evaluation),
    "dropout": pairs_of(dropout),
    "exponentials": pairs_of(exponentials),
    "negatives": pairs_of(negatives),
    "grouping": pairs_of(grouping),
    "targets": pairs_of(targets),
    "pointwise": pairs_of(pointwise),
}


@attrs.frozen
class Options:
    """What the command line changes; None leaves it to the benchmark."""

    rounds: int | None
    users: int | None
    epochs: int | None
    seconds: float | None
    only: tuple[str, ...] = ()


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice([*BENCHMARKS]))
@click.option("--rounds", type=click.IntRange(1), help="turns of each, or seeds (plain, losses)")
@click.option("--users", type=click.IntRange(2), help="take only so many users, to try out")
@click.option("--epochs", type=click.IntRange(1), help="of plain")
@click.option("--seconds", type=float, help="how long losses trains with each")
@click.option("--only", multiple=True, type=click.Choice([*losses.LOSSES]), help="rows of losses")
@click.option("--json", "file", type=click.Path(path_type=Path), help="write all there, too")
@click.option("--plots", type=click.Path(path_type=Path), help="draw what has a plot into a folder")
def bench(names, file, plots, **options):
    """Run the benchmarks that were named, or all."""
    if plots:
        from tests.bench.plots import draw  # now: without matplotlib, before all the measuring
    reports = []
    for name in names or BENCHMARKS:
        before = {"load before": load()}
        tables = BENCHMARKS[name](Options(**options))
        facts = environment() | before | {"load after": load()}
        reports.append(Report(benchmark=name, tables=tables, environment=facts))
        print(f"## {name}\n\n{reports[-1].markdown()}", flush=True)
        if file:
            write_json(reports, file)
        if plots:
            draw(reports, plots)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--to", default="docs/plots", type=click.Path(path_type=Path), show_default=True)
def plot(files, to):
    """Draw the plots of the given files of results."""
    from tests.bench.plots import plot_files  # matplotlib comes with the extra "bench"

    for path in plot_files(files, to):
        print(path)


if __name__ == "__main__":
    if sys.argv[1:2] == ["plot"]:
        plot(sys.argv[2:])
    else:
        bench()
