"""``fw runs``: what has been run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from fw.engine.listing import RunSummary


@click.command()
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that holds the run folders.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(runs: Path, as_json: bool) -> None:
    """List what has been run, newest first."""
    import attrs
    from rich.console import Console

    from fw.engine.listing import list_runs

    found = list_runs(runs)
    if as_json:
        click.echo(json.dumps([attrs.asdict(summary) for summary in found], indent=2))
    elif found:
        Console().print(_table(found))
    else:
        click.echo(f"no runs in {runs.absolute()}")


def _table(found: list[RunSummary]) -> Table:
    from rich.table import Table

    table = Table()
    for heading in ("run", "state", "data", "epochs", "best", "metric", "value"):
        table.add_column(heading, overflow="fold")
    for run in found:
        value = "-" if run.value is None else f"{run.value:.4f} ± {run.standard_error or 0:.4f}"
        best = "-" if run.best_epoch is None else str(run.best_epoch)
        table.add_row(run.name, run.state, run.data, str(run.epochs), best, run.metric, value)
    return table
