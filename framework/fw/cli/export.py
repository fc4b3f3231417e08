"""``fw export``: a finished run's model as a file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import data_option, run_argument, show, warn

if TYPE_CHECKING:
    from fw.export.to_onnx import Written


@click.command()
@run_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["onnx"]),
    default="onnx",
    show_default=True,
    help="The form of the file.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file to write, model.onnx in RUN if not stated; what was there is replaced.",
)
@data_option
def command(run: Path, form: str, output: Path | None, data: Path | None) -> None:
    """Export the best weights of a finished RUN: histories of item numbers to scores of all items.

    The file takes any number of histories of any length that the model has seen. Its scores are
    compared with those of the run before it is written. A second file has the id of every item.
    """
    from fw.export.to_onnx import export_onnx

    _tell(export_onnx(run, output, data=data, warn=warn))


def _tell(written: Written) -> None:
    checked = written.agreement
    show(
        f"written: {written.model} ({written.num_items:,} items, histories of up to "
        f"{written.max_len:,} items)",
        f"written: {written.items} (the id of every item)",
        f"checked: on {checked.histories:,} histories in {checked.batches} batches its scores "
        f"differ from the trained ones by {checked.difference:.1g} at most",
    )
