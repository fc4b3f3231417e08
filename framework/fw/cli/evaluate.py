"""``fw evaluate``: score a finished run under further protocols."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import data_option, device_option, json_option, run_argument, warn

if TYPE_CHECKING:
    from fw.engine.finished.evaluations import Evaluation


@click.command()
@run_argument
@click.option(
    "-P",
    "--protocol",
    "protocols",
    multiple=True,
    metavar="PROTOCOL",
    help="full-seen-out, kang205-sampled100 ...; repeatable. Default: all there are.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change an evaluator of the run's recipe: evaluators.0.cutoffs=[10, 50]. Repeatable.",
)
@data_option
@device_option
@json_option
def command(
    run: Path,
    protocols: tuple[str, ...],
    overrides: tuple[str, ...],
    data: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Score the best weights of a finished RUN under further protocols.

    The data set is loaded again as the run's recipe says. What is found is added to
    evaluations.json in the run folder, with a count of how often the test cases were looked at.
    """
    from fw.engine.finished.evaluations import evaluate_run

    found = evaluate_run(
        run, protocols=protocols, overrides=overrides, device=device, data=data, warn=warn
    )
    if as_json:
        click.echo(json.dumps(found.content, indent=2, allow_nan=False))
    else:
        _show(found)


def _show(found: Evaluation) -> None:
    from fw.cli.common import show
    from fw.engine.display import remarks, result_tables

    show(*result_tables(found.rows))
    for remark in remarks(found.rows):
        warn(remark)
    looks = found.content["test_looks"]
    show(f"looks at the test cases so far: {looks}\nrun folder {found.folder}")
