"""``fw run``: train, select, test, and write the run folder."""

from __future__ import annotations

from pathlib import Path

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
@click.option("--diagnostics", is_flag=True, help="Print each epoch's diagnostics of the losses.")
def command(
    recipe: str | None,
    resume: Path | None,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    device: str,
    runs: Path,
    diagnostics: bool,
) -> None:
    """Train, select and test what RECIPE describes.

    RECIPE is a TOML file, or the name of a shipped recipe. Each run gets a folder of its own.
    """
    from fw.engine import run as engine
    from fw.engine.reporting import Reporter

    reporter = Reporter(diagnostics=diagnostics)
    if (recipe is None) == (resume is None):
        raise click.UsageError("give either a RECIPE or --resume RUN")
    if resume is not None:
        if overrides or plugins:
            raise click.UsageError("--resume goes on with the run's own recipe: no --set and no -p")
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
