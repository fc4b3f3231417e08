"""``fw run``: train, select, test, and write the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from fw.cli.common import complete_recipes, device_option, recipe_options


@click.command()
@click.argument("recipe", required=False, shell_complete=complete_recipes)
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a run.")
@recipe_options
@device_option
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder in which run folders are made.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train in N processes on this machine, each on a GPU of its own where there are GPUs.",
)
@click.option(
    "--restarts",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="With --processes: go on from the last checkpoint, N times at most, if one of them fails.",
)
@click.option("--diagnostics", is_flag=True, help="Print each epoch's diagnostics of the losses.")
def command(
    recipe: str | None,
    resume: Path | None,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    device: str,
    runs: Path,
    processes: int | None,
    restarts: int,
    diagnostics: bool,
) -> None:
    """Train, select and test what RECIPE describes.

    RECIPE is a TOML file, or the name of a shipped recipe. Each run gets a folder of its own.
    """
    if (recipe is None) == (resume is None):
        raise click.UsageError("give either a RECIPE or --resume RUN")
    if resume is not None and (overrides or plugins):
        raise click.UsageError("--resume goes on with the run's own recipe: no --set and no -p")
    if processes is not None:
        _launch(processes, restarts)
        return
    if restarts:
        raise click.UsageError("--restarts goes with --processes; torchrun has --max-restarts")
    from fw.engine import run as engine
    from fw.engine.reporting import Reporter

    reporter = Reporter(diagnostics=diagnostics)
    if resume is not None:
        engine.resume(resume, device=device, data=data, reporter=reporter)
    elif recipe is not None:
        engine.run(
            recipe,
            overrides=overrides,
            plugins=plugins,
            device=device,
            data=data,
            runs=runs,
            reporter=reporter,
        )


def _launch(processes: int, restarts: int) -> None:
    """Start this command again in so many processes, and end as they do."""
    from fw.processes.joining import refuse_several
    from fw.processes.launching import launch

    refuse_several("fw run --processes")
    context = click.get_current_context()
    code, said = launch(processes, restarts, ["run", *_words(context.params)])
    if said:
        click.echo(said, err=True)
    context.exit(code)


def _words(params: Mapping[str, Any]) -> list[str]:
    """Return the words of the command line that give these parameters, those of launching apart."""
    words = [f"--set={one}" for one in params["overrides"]]
    words += [f"--plugin={one}" for one in params["plugins"]]
    for name in ("resume", "data", "device", "runs"):
        if params[name] is not None:
            words.append(f"--{name}={params[name]}")
    words += ["--diagnostics"] if params["diagnostics"] else []
    return words if params["recipe"] is None else [*words, "--", params["recipe"]]
