"""``fw refit``: the final fit of a run."""

from __future__ import annotations

from pathlib import Path

import click

from fw.cli.common import data_option, device_option, run_argument


@click.command()
@run_argument
@data_option
@device_option
def command(run: Path, data: Path | None, device: str) -> None:
    """Train the recipe of a finished RUN on training and validation items.

    It trains for as many epochs as validation chose in RUN, and is tested; the new run folder is
    RUN-final. Started again, it goes on where it was stopped.
    """
    from fw.engine.finished.refit import refit

    refit(run, data=data, device=device)
