"""``fw runs``: what has been run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import json_option

if TYPE_CHECKING:
    from fw.engine.folders.listing import RunSummary


@click.command()
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder that holds the run folders.",
)
@json_option
def command(runs: Path, as_json: bool) -> None:
    """List what has been run, newest first."""
    import attrs

    from fw.cli.common import make_table, show
    from fw.engine.folders.listing import list_runs

    found = list_runs(runs)
    if as_json:
        click.echo(json.dumps([attrs.asdict(summary) for summary in found], indent=2))
    elif found:
        headings = ("run", "state", "data", "epochs", "best", "metric", "value")
        show(make_table(headings, map(_cells, found)))
    else:
        click.echo(f"no runs in {runs.absolute()}")


def _cells(run: RunSummary) -> tuple[str, ...]:
    value = "-" if run.value is None else f"{run.value:.4f}"
    if run.standard_error is not None:
        value += f" ± {run.standard_error:.4f}"
    best = "-" if run.best_epoch is None else str(run.best_epoch)
    metric = f"{run.metric} (final fit)" if run.final_fit else run.metric
    return (run.name, run.state, run.data, str(run.epochs), best, metric, value)
