"""In what two runs differ: what was configured, what ran it, on which data, on which machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fw.comparison.differences import Difference, differences
from fw.comparison.finished import read_recipe_table, versions_of
from fw.engine.folders.folder import RunFolder

# What is never the same twice and says nothing about a run.
_PASSING = ("started", "load_average")


def diff(first: Path | str, second: Path | str) -> dict[str, list[Difference]]:
    """Return what differs, by ``recipe``, ``plugins``, ``data`` and ``environment``.

    The runs need not be finished. Raises RunError where one is no run folder, or damaged.
    """
    left, right = _parts(Path(first)), _parts(Path(second))
    return {name: list(differences(left[name], right[name])) for name in left}


def _parts(path: Path) -> dict[str, Mapping[str, Any]]:
    folder = RunFolder.open(path)
    environment = folder.read_json("environment.json")
    hidden = (*_PASSING, "plugins", "fw", "data")  # shown elsewhere
    return {
        "recipe": read_recipe_table(folder.path / "recipe.toml"),
        "plugins": versions_of(environment),
        "data": folder.read_json("data.json"),
        "environment": {key: value for key, value in environment.items() if key not in hidden},
    }
