"""``fw diff``: in what two runs differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import json_option, make_table, show

if TYPE_CHECKING:
    from fw.comparison.differences import Difference


@click.command()
@click.argument("first", type=click.Path(path_type=Path), metavar="RUN")
@click.argument("second", type=click.Path(path_type=Path), metavar="RUN")
@json_option
def command(first: Path, second: Path, as_json: bool) -> None:
    """Show in what two runs differ: recipe key by key, plugins, data, environment."""
    from fw.comparison.diff import diff

    found = diff(first, second)
    if as_json:
        plain = {name: {one.key: [one.left, one.right] for one in d} for name, d in found.items()}
        click.echo(json.dumps(plain, indent=2, default=str))
    else:
        _show(found)


def _show(found: Mapping[str, list[Difference]]) -> None:
    for name, part in found.items():
        if part:
            rows = [(one.key, str(one.left), str(one.right)) for one in part]
            show(make_table((name, "first", "second"), rows))
        else:
            show(f"{name}: the same")
