"""``fw report``: one page about runs, or about a sweep."""

from __future__ import annotations

from pathlib import Path

import click

from fw.cli.common import force_option, metric_option, seed_spread_option


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    metavar="FILE",
    help="The file to write; what was there is replaced.",
)
@metric_option
@force_option
@seed_spread_option
def command(
    runs: tuple[Path, ...],
    output: Path,
    metrics: tuple[str, ...],
    force: bool,
    seed_spread: float | None,
) -> None:
    """Write one HTML page about runs, the first being the baseline, or about a sweep's folder.

    The page has results with intervals, learning curves, diagnostics, times, recipes and data, and
    opens without a network. Runs need not be finished. Differences are judged as by fw compare.
    """
    from fw.report.build import write_report

    write_report(runs, output, metrics=metrics, force=force, seed_spread=seed_spread)
    click.echo(f"written: {output}\nopen it in a browser; it needs no network")
