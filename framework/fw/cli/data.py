"""``fw data``: what the data of a recipe is like, and whether two data sets are the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import (
    json_option,
    load_plugins,
    make_table,
    recipe_argument,
    recipe_options,
    show,
    warn,
)
from fw.cli.data_check import check
from fw.cli.data_generate import generate
from fw.cli.data_kept import kept
from fw.cli.data_prepare import prepare as prepare_command

if TYPE_CHECKING:
    from fw.data.sequences import SequenceStore


@click.group()
def command() -> None:
    """Look into the data of a recipe."""


command.add_command(check)
command.add_command(prepare_command)
command.add_command(generate)
command.add_command(kept)


@command.command()
@recipe_argument
@recipe_options
@json_option
def info(
    recipe: str,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    as_json: bool,
) -> None:
    """Count what the data set of RECIPE holds after cleaning and splitting, and fingerprint it."""
    from fw.config.reading import read_recipe
    from fw.data.places import Places
    from fw.engine.data import load_and_split

    read = read_recipe(recipe, load_plugins(plugins), overrides)
    description = load_and_split(read, Places.from_environment(data), warn).description
    if as_json:
        click.echo(json.dumps(description, indent=2))
    else:
        show(make_table(("", read.one("dataset").name), _rows(description)))


@command.command()
@click.argument("first")
@click.argument("second")
@recipe_options
@json_option
def compare(
    first: str,
    second: str,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    as_json: bool,
) -> None:
    """Say whether FIRST and SECOND are equal, equal up to renaming, or where they first differ.

    Each is a recipe, whose data set is loaded and cleaned, or a data file: with columns user, item
    and time; or without names, user and item first and the time last; or one user a line with all
    items. Who had what in which order is compared, not times or ratings. Exit code 0: equal, or
    equal up to renaming; 1: different.
    """
    import attrs

    from fw.data.compare import compare as compare_stores

    stores = [_load(source, overrides, plugins, data) for source in (first, second)]
    found = compare_stores(*stores)
    click.echo(json.dumps(attrs.asdict(found), indent=2) if as_json else found.message)
    click.get_current_context().exit(int(found.verdict == "different"))


def _load(
    source: str, overrides: tuple[str, ...], plugins: tuple[str, ...], data: Path | None
) -> SequenceStore:
    from fw.config.reading import read_recipe
    from fw.config.slots import DatasetSlot
    from fw.data.files import read_file
    from fw.data.places import Places
    from fw.data.prepare import load, prepare

    places, path = Places.from_environment(data), Path(source)
    if path.suffix == ".toml" or not (path.suffix or path.exists()):
        read = read_recipe(source, load_plugins(plugins), overrides)
        return load(read.one("dataset"), places, warn).store
    return prepare(read_file(places.find(path)), DatasetSlot())[0]


def _rows(description: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield a row for each value of a description, nested ones by their path."""
    for key, value in description.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if not isinstance(value, Mapping) or not value:
            yield name, _shown(value)
        elif all(isinstance(one, float) for one in value.values()):
            yield name, ", ".join(f"{word} {_shown(one)}" for word, one in value.items())
        else:
            yield from _rows(value, f"{name}: ")


def _shown(value: object) -> str:
    if value in (None, [], {}):
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
