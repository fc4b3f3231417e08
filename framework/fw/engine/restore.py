"""A finished run, brought back: its recipe, its data, its model with the best weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor, nn

from fw.config.reading import read_recipe
from fw.config.recipe import Recipe
from fw.data.places import Places
from fw.discovery import discover_or_explain
from fw.engine.data import RunData, load_data
from fw.engine.folders.folder import STATE, WEIGHTS, RunFolder
from fw.engine.folders.weights import fit_weights
from fw.engine.prepared import Prepared, prepare
from fw.engine.steps.device import choose_device
from fw.engine.steps.step import Step
from fw.errors import RunError
from fw.registry import Registry


@attrs.frozen(kw_only=True, eq=False)
class Restored:
    """A finished run, ready to be used: ``parts.step`` has the weights of the best epoch."""

    folder: RunFolder
    recipe: Recipe
    registry: Registry
    data: RunData
    parts: Prepared
    result: Mapping[str, Any]


def read_kept_recipe(
    folder: RunFolder, warn: Callable[[str], None], overrides: Sequence[str] = ()
) -> tuple[Recipe, Registry, dict[str, Any]]:
    """Read a run's own recipe with the plugins that the run had; also return its environment."""
    environment = folder.read_json("environment.json")
    registry = discover_or_explain(environment["plugin_modules"], warn)
    recipe = read_recipe(folder.path / "recipe.toml", registry, overrides)
    return recipe, registry, environment


def read_result(folder: RunFolder) -> dict[str, Any]:
    """Return what a run came to; raises RunError if it has not come to its end."""
    if not (folder.path / "result.json").exists():
        raise RunError(
            f"the run is not finished: {folder.path.absolute()}\n"
            f"    go on with it: fw run --resume {folder.path}"
        )
    result: dict[str, Any] = folder.read_json("result.json")
    return result


def load_kept_data(
    folder: RunFolder, recipe: Recipe, data: Path | str | None, warn: Callable[[str], None]
) -> RunData:
    """Load a run's data set again; raises RunError if it is not what the run was trained on."""
    loaded = load_data(recipe, Places.from_environment(Path(data) if data else None), warn)
    loaded.require(folder.read_json("data.json")["fingerprints"], folder.path)
    return loaded


def restore(
    path: Path | str,
    *,
    device: str = "auto",
    data: Path | str | None = None,
    warn: Callable[[str], None] = print,
    overrides: Sequence[str] = (),
) -> Restored:
    """Open a finished run and rebuild its model with the best weights.

    The data set is loaded again as the recipe says; ``overrides``, as after ``--set``, may change
    what does not touch data and model. Raises RunError if the run is not finished or
    the data is not what it was trained on, and whatever reading a recipe and its data may raise.
    """
    folder = RunFolder.open(Path(path))
    result = read_result(folder)
    recipe, registry, _ = read_kept_recipe(folder, warn, overrides)
    chosen = choose_device(device)
    loaded = load_kept_data(folder, recipe, data, warn)
    folder = attrs.evolve(folder, data=loaded.name)
    parts = prepare(recipe, loaded, chosen, warn)
    fit(parts.step, *kept_weights(folder, result))
    return Restored(
        folder=folder, recipe=recipe, registry=registry, data=loaded, parts=parts, result=result
    )


def fit_best_weights(step: Step, folder: RunFolder) -> None:
    """Load a run's best weights; raises RunError if they are damaged or not the recipe's."""
    fit(step, folder.load_weights(), folder.path / WEIGHTS)


def kept_weights(folder: RunFolder, result: Mapping[str, Any]) -> tuple[dict[str, Tensor], Path]:
    """Return a finished run's weights and their file: of the best epoch, or of the last.

    The last ones are those of a run whose validation never gave a number.
    """
    if result["best_epoch"]:
        return folder.load_weights(), folder.path / WEIGHTS
    state = folder.load_state()
    if state is None:
        raise RunError(f"the run has no weights: {folder.path.absolute()}")
    return state["weights"], folder.path / STATE


def fit(module: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Load the weights of a file into a module; raises RunError if they are not the recipe's."""
    try:
        fit_weights(module, weights)
    except ValueError as error:
        raise RunError(f"the weights {path} do not fit the recipe: {error}") from error
