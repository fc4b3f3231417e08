"""``fw data prepare``: clean the data of a recipe now, so that runs of it start at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import (
    json_option,
    load_plugins,
    recipe_argument,
    recipe_options,
    show,
    warn,
)

if TYPE_CHECKING:
    from fw.data.prepare import Loaded


@click.command()
@recipe_argument
@recipe_options
@json_option
def prepare(
    recipe: str,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    as_json: bool,
) -> None:
    """Read and clean the data of RECIPE and keep it in the cache, for runs to start from.

    A run does the same by itself, so this only moves the work to another time. What is kept is used
    until a file, a setting of [dataset] or the code that read it changes; it may be deleted at any
    time. Exit code 0: it is kept; 1: it cannot be, and every run makes it anew.
    """
    from fw.config.reading import read_recipe
    from fw.data.places import Places
    from fw.engine.data import load_dataset

    read = read_recipe(recipe, load_plugins(plugins), overrides)
    loaded = load_dataset(read, Places.from_environment(data), warn)
    if as_json:
        click.echo(json.dumps(_plain(loaded), indent=2))
    else:
        show(_text(loaded))
    click.get_current_context().exit(int(loaded.kept is None))


def _plain(loaded: Loaded) -> dict[str, Any]:
    return {
        "name": loaded.name,
        "instead_of": loaded.instead_of or None,
        "path": str(loaded.kept) if loaded.kept else None,
        "was_there": loaded.from_cache,
        "users": loaded.store.num_users,
        "items": loaded.store.num_items,
        "interactions": len(loaded.store.items),
        "fingerprints": dict(loaded.fingerprints),
    }


def _text(loaded: Loaded) -> str:
    store = loaded.store
    prints = {"cleaned data": loaded.fingerprints["cleaned"], **loaded.fingerprints["files"]}
    return "\n".join(
        [
            f"data {loaded.name}: {store.num_users:,} users, {store.num_items:,} items, "
            f"{len(store.items):,} interactions",
            *(f"fingerprint {value} of {name}" for name, value in prints.items()),
            _where(loaded),
        ]
    )


def _where(loaded: Loaded) -> str:
    if loaded.kept is None:
        return "not kept: every run makes it anew"
    return f"{'was there already' if loaded.from_cache else 'kept'}: {loaded.kept}"
