"""``fw tune``: search the settings of a recipe, by validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
    from fw.tune.plan import Search
    from fw.tune.setting import TuneSetting
    from fw.tune.study import Study

_SHOWN = 20


@click.command()
@recipe_argument
@click.option("--trials", type=click.IntRange(min=1), help="Trials in place of the recipe's.")
@jobs_option("Trials")
@click.option("--quick", is_flag=True, help="Small synthetic data, few epochs and trials.")
@recipe_options
@device_option
@click.option(
    "--tunes",
    type=click.Path(path_type=Path),
    default=Path("tunes"),
    show_default=True,
    metavar="FOLDER",
    help="The folder in which the search's folder is made.",
)
def command(
    recipe: str,
    trials: int | None,
    jobs: int,
    quick: bool,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    device: str,
    tunes: Path,
) -> None:
    """Search the ranges of the table [tune] of RECIPE for what validation likes best.

    Each trial is a run. Trials that do badly end early; the test cases are scored once, for the
    best trial. The same command can be started again at any time, or on several machines at once.
    """
    from fw.engine.steps.device import choose_device
    from fw.extras import require_extra
    from fw.tune.reading import read_search
    from fw.tune.setting import TuneSetting

    require_extra("fw tune", "tune", "optuna")
    choose_device(device)
    chosen = (*overrides, f"tune.trials={trials}") if trials else overrides
    search = read_search(recipe, load_plugins(plugins), chosen, quick=quick)
    folder = tunes / search.name
    setting = TuneSetting(folder=folder, plugins=plugins, data=data, device=device)
    _run(search, setting, jobs)


def _run(search: Search, setting: TuneSetting, at_once: int) -> None:
    from fw.tune.study import Study

    study = Study.create(setting.folder, search)
    click.echo(f"up to {search.keys.trials} trials, selected by {search.monitor}", err=True)
    click.echo(f"in {setting.folder}; logs/ there says more", err=True)
    try:
        _run_trials(search, setting, study, at_once)
        error = _test_the_best(search, setting, study)
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on from here", err=True)
        raise
    _show_table(search, setting, study)
    if error or study.best is None:
        click.echo(error or "no trial ran whole", err=True)
        click.get_current_context().exit(1)


def _run_trials(search: Search, setting: TuneSetting, study: Study, at_once: int) -> None:
    from fw.executing import Ended
    from fw.sweep.execute import execute_in_turn
    from fw.tune.display import TuneProgress
    from fw.tune.trials import Trials

    with TuneProgress(study, search.keys.trials) as progress:
        trials = Trials(search=search, setting=setting, study=study, tell=progress.refused)
        for event in execute_in_turn(setting, trials.jobs(), at_once):
            if isinstance(event, Ended):
                trials.note(event)
            progress.show(event)


def _test_the_best(search: Search, setting: TuneSetting, study: Study) -> str:
    """Score the test cases of the best trial, once nobody works any more; returns what failed."""
    from fw.tune.winner import score_best

    if study.running:
        click.echo(f"{len(study.running)} trials are running elsewhere: not tested yet", err=True)
        return ""
    return score_best(search, setting, study)


def _show_table(search: Search, setting: TuneSetting, study: Study) -> None:
    from fw.tune.table import TuneTable

    table = TuneTable(search=search, study=study, folder=setting.folder)
    cells = table.on_screen()
    show(make_table(cells.columns, cells.head(_SHOWN).itertuples(index=False)))
    if len(cells) > _SHOWN:
        show(f"and {len(cells) - _SHOWN} more")
    paths = table.write()
    show("", *table.notes(), "", "written: " + ", ".join(map(str, paths)))
    best = setting.folder / "best.toml"
    if best.exists():
        show(f"run the best recipe with another seed: fw run {best} --set seed=2")
