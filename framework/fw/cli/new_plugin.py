"""``fw new-plugin``: a plugin to start from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import load_plugins
from fw.kinds import KINDS

if TYPE_CHECKING:
    from fw.starting import NewPlugin


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The folder to be made; fw-NAME if not stated.",
)
def command(kind: str, name: str, folder: Path | None) -> None:
    """Write a plugin with a component NAME of a KIND: an installable project that works as it is.

    It has a pyproject.toml with the entry point, the component, its test with the contract kit,
    and a README.
    """
    from fw.starting import NewPlugin

    plugin = NewPlugin(kind=KINDS[kind], name=name)
    plugin.check(load_plugins(()))
    folder = folder or Path(plugin.distribution)
    plugin.write(folder)
    click.echo(_what_next(plugin, folder))


def _what_next(plugin: NewPlugin, folder: Path) -> str:
    lines = [
        f"wrote {folder}: {', '.join(plugin.files())}",
        "next:",
        f"    cd {shlex.quote(str(folder))}",
        "    pip install -e '.[test]' && pytest",
        f"    fw describe {plugin.kind.name} {plugin.name}",
    ]
    return "\n".join(lines)
