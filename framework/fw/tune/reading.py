"""Reading a search: every end of a range is checked as a recipe before the first trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from fw.config.keys import TUNE
from fw.config.overrides import Change, Override, with_overrides
from fw.config.reading import by_place, make_recipe, open_recipe
from fw.config.recipe import Recipe
from fw.errors import Problem, RecipeError
from fw.registry import Registry
from fw.sweep.quick import shrinking
from fw.tune.plan import Search
from fw.tune.structuring import EXAMPLE, TuneReader

_QUICK_TRIALS = 4


def read_search(
    source: str | Path,
    registry: Registry,
    overrides: Sequence[Override] = (),
    *,
    quick: bool = False,
) -> Search:
    """Read the search of a recipe: a file, or the name of a shipped one.

    ``overrides`` are laid over every trial. ``quick`` shrinks it to few trials on a small synthetic
    data set. Raises RecipeError with all problems of ``[tune]``, or else of the recipe, or else of
    the ends of ranges.
    """
    file, root = open_recipe(source)
    changed, _ = with_overrides(root, overrides)  # what is wrong with them is told of the recipe
    node = changed.get(TUNE)
    if node is None:
        raise RecipeError([changed.place.problem("the recipe has no [tune]", EXAMPLE)])
    reader = TuneReader(node)
    keys, parameters = reader.keys(), reader.parameters()
    if reader.problems or keys is None:
        raise RecipeError(sorted(reader.problems, key=by_place))
    base = (*(shrinking(root) if quick else ()), *overrides)
    if quick:
        keys = attrs.evolve(keys, trials=min(keys.trials, _QUICK_TRIALS))
        parameters = [one for one in parameters if one.key.split(".")[0] != "dataset"]

    def make(changes: Sequence[Change]) -> Recipe:
        return make_recipe(root, file, registry, (*base, *changes))

    recipe = make(())
    if recipe.training.final_fit is not None:
        message = "a final fit has no validation to be selected by"
        raise RecipeError([changed.value["training"].place.problem(message)])
    search = Search(
        name=f"{file.stem}-quick" if quick else file.stem,
        keys=keys,
        recipe=recipe,
        parameters=parameters,
        make=make,
    )
    problems = list(dict.fromkeys(_wrong_ends(search)))
    if problems:
        raise RecipeError(sorted(problems, key=by_place))
    return search


def has_search(source: str | Path) -> bool:
    """Whether a recipe describes a search."""
    return open_recipe(source)[1].get(TUNE) is not None


def _wrong_ends(search: Search) -> Iterator[Problem]:
    for parameter in search.parameters:
        for change in parameter.probes():
            try:
                search.make([change])
            except RecipeError as error:
                yield from error.problems
