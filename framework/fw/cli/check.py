"""``fw check``: every problem of a recipe at once, or the recipe with all defaults."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import (
    load_plugins,
    recipe_argument,
    recipe_options,
    warn,
)

if TYPE_CHECKING:
    from fw.config.recipe import Recipe
    from fw.sweep.plan import Sweep
    from fw.tune.plan import Search


@click.command()
@recipe_argument
@recipe_options
@click.option("--resolved", is_flag=True, help="Print the recipe with every default filled in.")
def command(
    recipe: str,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    resolved: bool,
) -> None:
    """Check RECIPE, a file or the name of a shipped recipe, and show every problem at once.

    Of a recipe with a table [sweep] every row is checked, of one with [tune] the ends of all
    ranges. The data itself is not read; a warning says where a file that the recipe names is
    missing.
    """
    from fw.config.reading import read_recipe
    from fw.config.writing import recipe_text
    from fw.sweep.reading import has_sweep, read_sweep
    from fw.tune.reading import has_search, read_search

    registry = load_plugins(plugins)
    if has_sweep(recipe) and not resolved:
        sweep = read_sweep(recipe, registry, overrides)
        _warn([row.recipe for row in sweep.rows], data)
        click.echo(f"ok: {sweep.rows[0].recipe.path}\n{_rows(sweep)}", nl=False)
        return
    if has_search(recipe) and not resolved:
        search = read_search(recipe, registry, overrides)
        _warn([search.recipe], data)
        click.echo(
            f"ok: {search.recipe.path}\n{_summary(search.recipe)}{_ranges(search)}", nl=False
        )
        return
    read = read_recipe(recipe, registry, overrides)
    _warn([read], data)
    click.echo(recipe_text(read) if resolved else f"ok: {read.path}\n{_summary(read)}", nl=False)


def _warn(recipes: Sequence[Recipe], data: Path | None) -> None:
    _warn_of_missing_files(recipes[0], data)
    for note in dict.fromkeys(note for recipe in recipes for note in recipe.notes):
        warn(note)


def _warn_of_missing_files(recipe: Recipe, data: Path | None) -> None:
    import attrs

    from fw.data.places import Places
    from fw.errors import DataError

    dataset = recipe.one("dataset")
    places = Places.from_environment(data)
    for value in attrs.astuple(dataset.settings, recurse=False):
        try:
            if isinstance(value, Path):
                places.find(value)
        except DataError as error:
            warn(f"dataset {dataset.name!r}: {error}")


def _summary(recipe: Recipe) -> str:
    """Name the components, a line for each kind, and how long is trained."""
    training = recipe.training
    lines = [
        f"{kind}: {', '.join(one.name for one in chosen)}"
        for kind, chosen in recipe.components.items()
        if chosen
    ]
    lines.append(f"training: up to {training.epochs} epochs, selected by {training.monitor}")
    return "".join(f"    {line}\n" for line in lines)


def _rows(sweep: Sweep) -> str:
    seeds = ", ".join(map(str, sweep.seeds))
    lines = [f"sweep: {len(sweep.rows)} rows, seeds {seeds}", f"baseline: {sweep.baseline}"]
    lines += [f"row: {row.name}" for row in sweep.rows]
    return "".join(f"    {line}\n" for line in lines)


def _ranges(search: Search) -> str:
    lines = [f"tune: {search.keys.trials} trials by {search.monitor}"]
    lines += [f"tune: {parameter.key}" for parameter in search.parameters]
    return "".join(f"    {line}\n" for line in lines)
