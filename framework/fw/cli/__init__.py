"""The command ``fw``. Subcommands are imported when they are used, so that it answers at once."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from fw import __version__
from fw.errors import FrameworkError
from fw.stopping import Stopped, ignore_signals, listening

# Command: the module that holds it as ``command``, and one line for ``fw --help``.
COMMANDS = {
    "run": ("fw.cli.run", "Train, select and test what a recipe describes."),
    "check": ("fw.cli.check", "Show every problem of a recipe at once."),
    "list-plugins": ("fw.cli.list_plugins", "List the components that are there, and from whom."),
    "describe": ("fw.cli.describe", "Describe a component: source, settings, defaults."),
    "new-plugin": ("fw.cli.new_plugin", "Write a plugin to start from, with its test."),
    "data": ("fw.cli.data", "Look into the data of a recipe."),
    "runs": ("fw.cli.runs", "List what has been run."),
    "sweep": ("fw.cli.sweep", "Run every row of a sweep with every seed, and compare them."),
    "tune": ("fw.cli.tune", "Search the settings of a recipe for what validation likes best."),
    "refit": ("fw.cli.refit", "Train a finished run's recipe on training and validation items."),
    "evaluate": ("fw.cli.evaluate", "Score a finished run under further protocols."),
    "recommend": ("fw.cli.recommend", "Recommend to users, to all of them, or after any history."),
    "similar": ("fw.cli.similar", "Show the items most like an item, by their embeddings."),
    "export": ("fw.cli.export", "Export a finished run's model to ONNX, for other programs."),
    "compare": ("fw.cli.compare", "Compare finished runs: are they different, or is it chance?"),
    "groups": ("fw.cli.groups", "Show a run's results by group: history length, popularity."),
    "report": ("fw.cli.report", "Write one HTML page about runs, or about a sweep."),
    "diff": ("fw.cli.diff", "Show in what two runs differ: recipe, plugins, data, environment."),
}
INTERRUPTED = 130


class _Explained(click.ClickException):
    """A FrameworkError on its way to the user."""

    def __init__(self, error: FrameworkError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click means it to be overridden

    def show(self, file: Any = None) -> None:
        """Print the message as it is, with its file and line in front."""
        click.echo(self.message, file=file, err=file is None)


class LazyGroup(click.Group):
    """A group that imports a subcommand only when that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which they are needed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None if there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        found: click.Command = import_module(module).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what fw can explain is shown without a traceback."""
        _replace_what_cannot_be_encoded()
        try:
            with listening():
                return super().invoke(ctx)
        except FrameworkError as error:
            raise _Explained(error) from error
        except Stopped as stopped:
            ignore_signals()
            _end(ctx, stopped.exit_code)
        except KeyboardInterrupt:
            _end(ctx, INTERRUPTED)


def _end(ctx: click.Context, code: int) -> None:
    with suppress(OSError):  # a terminal that is gone, a full disk
        click.echo("interrupted", err=True)
    ctx.exit(code)


def _replace_what_cannot_be_encoded() -> None:
    """Keep a narrow encoding of the terminal (cp1252, ascii) from turning output into an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fw")
def main() -> None:
    """Train and compare sequential recommenders; every part a plugin, every run a recipe."""
