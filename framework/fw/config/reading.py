"""Reading a recipe: found, parsed, merged, structured, checked, with every problem in one error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fw.config.checks import CHECKS, Draft
from fw.config.left_behind import notes_of
from fw.config.merging import with_parents
from fw.config.nodes import Node, Place
from fw.config.overrides import Override, with_overrides
from fw.config.parsing import TOO_DEEP, parse_file
from fw.config.recipe import Recipe
from fw.config.sources import find_recipe
from fw.config.structuring import Structurer
from fw.errors import Problem, RecipeError
from fw.kinds import KINDS
from fw.registry import Registry


def read_recipe(
    source: str | Path, registry: Registry, overrides: Sequence[Override] = ()
) -> Recipe:
    """Read and check a recipe.

    ``source`` is a file, or the name of a shipped recipe where there is no such file. ``overrides``
    are as after ``--set``: ``"training.epochs=5"``; or changes that have been read, which may hold
    tables and lists. A table ``[sweep]`` is left to ``fw.sweep.reading``. Raises RecipeError with
    all problems, and PluginError where a plugin fails over its settings.
    """
    file, root = open_recipe(source)
    return make_recipe(root, file, registry, overrides)


def open_recipe(source: str | Path) -> tuple[Path, Node]:
    """Return a recipe's file and its tree, merged over what it extends but not yet checked."""
    file = find_recipe(source, Path.cwd())
    if isinstance(file, Problem):
        raise RecipeError([file])
    try:
        return file, with_parents(parse_file(file))
    except RecursionError:
        raise RecipeError([Place(file=file).problem(TOO_DEEP)]) from None


def make_recipe(
    root: Node, file: Path, registry: Registry, overrides: Sequence[Override]
) -> Recipe:
    """Check what :func:`open_recipe` gave; raises as :func:`read_recipe` does."""
    try:
        changed, problems = with_overrides(root, overrides)
        return _read(Structurer(changed, registry, problems), file)
    except RecursionError:
        raise RecipeError([Place(file=file).problem(TOO_DEEP)]) from None


def _read(reader: Structurer, file: Path) -> Recipe:
    general = reader.general()
    parts = {name: reader.parts(kind) for name, kind in KINDS.items()}
    training, views = reader.own_table("training"), reader.own_table("views")
    draft = Draft(reader.root, parts, training, views, reader.registry)
    problems = [*reader.problems, *(found for check in CHECKS for found in check(draft))]
    if problems or general is None or training is None or views is None:
        raise RecipeError(sorted(problems, key=by_place))
    return Recipe(
        seed=general.seed,
        max_len=general.max_len,
        training=training,
        views=views,
        components={name: tuple(chosen for _, chosen in draft.read(name)) for name in KINDS},
        path=file,
        notes=tuple(note for name in KINDS for note in notes_of(draft.read(name))),
    )


def by_place(problem: Problem) -> tuple[bool, str, bool, int]:
    """Order problems by file and line; what has no line comes after, overrides last."""
    return bool(problem.override), str(problem.file), problem.line is None, problem.line or 0
