"""Reading a recipe: found, parsed, merged, structured, checked, with every problem in one error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fw.config.checks import CHECKS, Draft
from fw.config.merging import with_parents
from fw.config.nodes import Place
from fw.config.overrides import with_overrides
from fw.config.parsing import TOO_DEEP, parse_file
from fw.config.recipe import Recipe
from fw.config.sources import find_recipe
from fw.config.structuring import Structurer
from fw.errors import Problem, RecipeError
from fw.kinds import KINDS
from fw.registry import Registry


def read_recipe(source: str | Path, registry: Registry, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe.

    ``source`` is a file, or the name of a shipped recipe where there is no such file. ``overrides``
    are as after ``--set``: ``"training.epochs=5"``. Raises RecipeError with all problems, and
    PluginError where a plugin fails over its settings.
    """
    file = find_recipe(source, Path.cwd())
    if isinstance(file, Problem):
        raise RecipeError([file])
    try:
        root, problems = with_overrides(with_parents(parse_file(file)), overrides)
        return _read(Structurer(root, registry, problems), file)
    except RecursionError:
        raise RecipeError([Place(file=file).problem(TOO_DEEP)]) from None


def _read(reader: Structurer, file: Path) -> Recipe:
    general = reader.general()
    parts = {name: reader.parts(kind) for name, kind in KINDS.items()}
    training, views = reader.own_table("training"), reader.own_table("views")
    draft = Draft(reader.root, parts, training, views, reader.registry)
    problems = [*reader.problems, *(found for check in CHECKS for found in check(draft))]
    if problems or general is None or training is None or views is None:
        raise RecipeError(sorted(problems, key=_position))
    return Recipe(
        seed=general.seed,
        max_len=general.max_len,
        training=training,
        views=views,
        components={name: tuple(chosen for _, chosen in draft.read(name)) for name in KINDS},
        path=file,
    )


def _position(problem: Problem) -> tuple[bool, str, bool, int]:
    """Order problems by file and line; what has no line comes after, overrides last."""
    return bool(problem.override), str(problem.file), problem.line is None, problem.line or 0
