"""A run as its folder tells it, without loading its data or its model."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import attrs
import numpy as np
import pandas as pd
import pyarrow.parquet as parquet

from fw.engine.evaluating.results import STANDINGS
from fw.engine.folders.folder import RANKS, RunFolder
from fw.engine.restore import read_result
from fw.errors import RunError
from fw.expected_ranks import Floats
from fw.kinds import KINDS
from fw.parquet import UNREADABLE, read_frame

# The cases of a run with their metrics: what it was scored under itself, and later.
FILES = (RANKS, "evaluations.parquet")


@attrs.define(eq=False, kw_only=True, slots=False)
class Begun:
    """What a run wrote down before it trained; ``name`` is how it is called in tables."""

    path: Path
    name: str
    recipe: Mapping[str, Any]  # resolved
    environment: Mapping[str, Any]
    data: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path | str, name: str = "") -> Self:
        """Read a run folder; raises RunError if there is none, or it is damaged."""
        folder = RunFolder.open(Path(path))
        more = cls._more(folder)
        return cls(
            path=folder.path,
            name=name or str(path),
            recipe=read_recipe_table(folder.path / "recipe.toml"),
            environment=folder.read_json("environment.json"),
            data=folder.read_json("data.json"),
            **more,
        )

    @classmethod
    def _more(cls, folder: RunFolder) -> dict[str, Any]:
        """Read what a subclass has beyond this one."""
        return {}

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return int(self.recipe["seed"])

    @property
    def fingerprints(self) -> Mapping[str, Any]:
        """The fingerprints of the run's data."""
        fingerprints: Mapping[str, Any] = self.data["fingerprints"]
        return fingerprints

    @property
    def versions(self) -> dict[str, str]:
        """The versions of fw and of every plugin that the run used, by their name."""
        return versions_of(self.environment)

    @property
    def identity(self) -> str:
        """A text that only runs of one method share: all but the seed and the trackers."""
        passing = ("seed", KINDS["tracker"].key)
        recipe = {key: value for key, value in self.recipe.items() if key not in passing}
        return json.dumps([recipe, self.versions], sort_keys=True, default=str)


@attrs.define(eq=False, kw_only=True, slots=False)
class Finished(Begun):
    """A run that came to its end: opening one that did not raises RunError."""

    result: Mapping[str, Any]

    @classmethod
    def _more(cls, folder: RunFolder) -> dict[str, Any]:
        return {"result": read_result(folder)}

    @property
    def own_protocols(self) -> set[str]:
        """The protocols that the run's recipe asked for."""
        return {name.split("/")[1] for name in self.result["metrics"]}

    @cached_property
    def _homes(self) -> dict[str, Path]:
        """The file of every column ``<protocol>/<metric>`` that holds a value for each case."""
        found: dict[str, Path] = {}
        for path in (self.path / name for name in FILES):
            for column in _columns(path):
                if "/" in column and column.rpartition("/")[2] not in STANDINGS:
                    found.setdefault(column, path)
        return found

    @property
    def metrics(self) -> list[str]:
        """What is known of every case, as ``<protocol>/<metric>``."""
        return list(self._homes)

    @cached_property
    def cases(self) -> pd.DataFrame:
        """The split, user and target of every case, in the order of :meth:`values`."""
        return read_frame(self.path / RANKS, ["split", "user", "target"])

    def about_cases(self, split: str) -> pd.DataFrame | None:
        """Return ``history_length`` and ``target_count`` of a split's cases, None if unknown."""
        wanted = ["history_length", "target_count"]
        for path in (self.path / name for name in FILES):
            if set(wanted) <= set(_columns(path)):
                chosen = (self.cases["split"] == split).to_numpy()
                return read_frame(path, wanted)[chosen].reset_index(drop=True)
        return None

    def values(self, split: str, metric: str) -> Floats:
        """Return a metric, named ``<protocol>/<metric>``, of every case of a split: [C] float64."""
        column = read_frame(self._homes[metric], [metric])[metric].to_numpy(np.float64)
        return np.asarray(column[(self.cases["split"] == split).to_numpy()])


def open_all(paths: Sequence[Path | str]) -> list[Finished]:
    """Open several finished runs, each with a short name."""
    return [Finished.open(path, name) for path, name in zip(paths, short_names(paths), strict=True)]


def short_names(paths: Sequence[Path | str]) -> list[str]:
    """Call runs by the last part of their paths where those differ."""
    short = [Path(path).absolute().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def versions_of(environment: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions in an ``environment.json``, of fw and of plugins by their name."""
    plugins = {plugin: f"{name} {version}" for plugin, name, version in environment["plugins"]}
    return {"fw": environment["fw"], **plugins}


def read_recipe_table(path: Path) -> dict[str, Any]:
    """Read a resolved recipe as plain data, without plugins; raises RunError if it is broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read {path}: {error}") from error


def _columns(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        return list(parquet.read_schema(path).names)
    except UNREADABLE as error:
        raise RunError(f"cannot read {path}: {error}") from error
