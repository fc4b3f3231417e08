"""What several commands share: options, the registry, tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.table import Table

    from fw.registry import Registry

Command = TypeVar("Command", bound=Callable[..., Any])


def complete_recipes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer a shell the names of shipped recipes, and files."""
    from click.shell_completion import CompletionItem

    from fw.config.sources import shipped_recipes

    names = [name for name in shipped_recipes() if name.startswith(incomplete)]
    # First, since bash forgets what stands before it: files are completed where no name fits.
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, names)]


recipe_argument = click.argument("recipe", shell_complete=complete_recipes)

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a value of the recipe: training.epochs=5, losses.1.weight=0.2. Repeatable.",
)

plugin_option = click.option(
    "-p",
    "--plugin",
    "plugins",
    multiple=True,
    metavar="MODULE",
    help="Load a module as a plugin, installed or in the current folder. Repeatable.",
)

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where data files are looked for; FW_DATA_DIR does the same.",
)


def recipe_options(command: Command) -> Command:
    """Give a command what every command that reads a recipe takes: --set, -p and --data."""
    return set_option(plugin_option(data_option(command)))


def jobs_option(
    what: str, default: int | None = 1, shown: str = "1"
) -> Callable[[Command], Command]:
    """Make the option of a command that does many runs: how many of them at once."""
    return click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=default,
        show_default=shown,
        help=f"{what} at once, each on a GPU of its own where there are several.",
    )


device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="DEVICE",
    help="auto, cpu, cuda or mps.",
)

run_argument = click.argument("run", type=click.Path(path_type=Path), metavar="RUN")

metric_option = click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="ndcg@10, full-seen-out/ndcg@10 or valid/full-seen-out/ndcg@10. Repeatable. "
    "Default: hr@10 and ndcg@10 on test, under every shared protocol.",
)

force_option = click.option(
    "--force", is_flag=True, help="Show runs that are not comparable side by side."
)

seed_spread_option = click.option(
    "--seed-spread",
    type=click.FloatRange(min=0),
    metavar="S",
    help="Standard deviation of the metric between seeds, for arms of a single run.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def warn(message: str) -> None:
    """Print a warning on stderr."""
    click.echo(f"warning: {message}", err=True)


def load_plugins(modules: Sequence[str]) -> Registry:
    """Load all plugins for a command that uses them: warn of each that failed.

    Raises a FrameworkError where one that was asked for with ``-p`` failed.
    """
    from fw.discovery import discover_or_explain

    return discover_or_explain(modules, warn)


def make_table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """Make a table of plain text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def show(*parts: Table | str) -> None:
    """Print text and tables; where stdout is no terminal, lines are not broken or coloured."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 10_000)
    for part in parts:
        console.print(Text(part) if isinstance(part, str) else part)
