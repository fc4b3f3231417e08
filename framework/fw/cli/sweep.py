"""``fw sweep``: many runs of one recipe, and the table that compares them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from fw.cli.common import (
    device_option,
    jobs_option,
    load_plugins,
    make_table,
    recipe_argument,
    recipe_options,
    show,
)

if TYPE_CHECKING:
    from fw.executing import Ended, Setting
    from fw.sweep.plan import Sweep


@click.command()
@recipe_argument
@jobs_option("Runs", default=None, shown="1; on a cluster what it holds")
@click.option("--executor", metavar="NAME", help="Where the runs go: local, ray.  [default: local]")
@click.option("--address", metavar="ADDRESS", help="Of the executor's cluster.")
@click.option("--quick", is_flag=True, help="Small synthetic data, few epochs, one seed: a trial.")
@click.option("--seeds", metavar="LIST", help="Seeds in place of the recipe's: 1,2,3.")
@click.option(
    "--row",
    "rows",
    multiple=True,
    metavar="NAME",
    help="Only this row and the baseline. Repeatable.",
)
@recipe_options
@device_option
@click.option(
    "--sweeps",
    type=click.Path(path_type=Path),
    default=Path("sweeps"),
    show_default=True,
    metavar="FOLDER",
    help="The folder in which the sweep's folder is made.",
)
def command(
    recipe: str,
    jobs: int | None,
    executor: str | None,
    address: str | None,
    quick: bool,
    seeds: str | None,
    rows: tuple[str, ...],
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    device: str,
    sweeps: Path,
) -> None:
    """Run every row of the table [sweep] of RECIPE with every seed, and compare the rows.

    What is done is skipped, what was stopped goes on, what fails is told at the end: the same
    command can be started again at any time.
    """
    from fw.engine.steps.device import choose_device
    from fw.processes.joining import refuse_several
    from fw.sweep.reading import read_sweep
    from fw.sweep.worker import SweepSetting

    refuse_several("fw sweep")
    choose_device(device)
    chosen = (*overrides, f"sweep.seeds=[{seeds}]") if seeds else overrides
    chosen = (*chosen, *_executor(executor, address))
    sweep = read_sweep(recipe, load_plugins(plugins), chosen, quick=quick)
    if quick:
        few = sweep.seeds if seeds else sweep.seeds[:1]
        sweep = attrs.evolve(sweep, name=f"{sweep.name}-quick", seeds=few)
    sweep = sweep.only(rows) if rows else sweep
    folder = sweeps / sweep.name
    setting = SweepSetting(folder=folder, plugins=plugins, data=data, device=device)
    failed = _run(setting, sweep, jobs)
    _show_table(setting, sweep)
    if failed:
        _tell(failed, len(sweep.rows) * len(sweep.seeds))
        click.get_current_context().exit(1)


def _executor(name: str | None, address: str | None) -> list[str]:
    """Return what the options say of the executor, as after --set."""
    named = [] if name is None else [f"executor={{name={json.dumps(name)}}}"]
    return named if address is None else [*named, f"executor.address={json.dumps(address)}"]


def _run(setting: Setting, sweep: Sweep, at_once: int | None) -> list[Ended]:
    """Run all jobs, showing how far they are; returns those that failed."""
    from fw.sweep.display import SweepProgress
    from fw.sweep.execute import execute
    from fw.sweep.unchanged import require_unchanged

    jobs = sweep.jobs()
    require_unchanged(setting, jobs)
    click.echo(f"{len(sweep.rows)} rows, seeds {', '.join(map(str, sweep.seeds))}", err=True)
    click.echo(f"in {setting.folder}; logs/ there says more", err=True)
    sweep.outline.write(setting.folder)
    try:
        with SweepProgress(len(jobs)) as progress:
            for event in execute(setting, jobs, at_once, sweep.executor):
                progress.show(event)
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on from here", err=True)
        raise
    return progress.failed


def _show_table(setting: Setting, sweep: Sweep) -> None:
    from fw.sweep.figures import Findings
    from fw.sweep.table import SweepTable

    findings = Findings.gather(setting.folder, sweep.outline)
    if not findings.arms:
        return
    table = SweepTable(findings)
    for protocol, cells in table.by_protocol().items():
        show(f"\n{protocol}", make_table(cells.columns, cells.itertuples(index=False)))
    paths = table.write(setting.folder)
    show("", *table.notes(), "", "written: " + ", ".join(map(str, paths)))


def _tell(failed: Sequence[Ended], number: int) -> None:
    click.echo(f"\n{len(failed)} of {number} runs failed:", err=True)
    for ended in failed:
        click.echo(f"{ended.job.row}, seed {ended.job.seed}: {ended.error}", err=True)
