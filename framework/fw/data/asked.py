"""Which columns a recipe's components ask for, and what they are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fw.data.coding import TIME_GAP, Coding, ColumnUse, coded, raw_column
from fw.data.moments import NEXT_TIME, TIME, moments
from fw.errors import DataError

if TYPE_CHECKING:
    from fw.config.chosen import Chosen
    from fw.config.recipe import Recipe
    from fw.data.sequences import SequenceStore
    from fw.data.split import Split

_ASKING = ("input", "loss")


def asked_for(recipe: Recipe, split: Split) -> Mapping[str, np.ndarray]:
    """Return the columns that components ask for by ``columns``, of all interactions: [T] each.

    Raises DataError where the data set does not have one.
    """
    store = split.store
    codings = codings_of(recipe, split)
    return {
        **_moments_asked_for(recipe, store),
        **coded(codings, store.columns, store.times, store.offsets),
    }


def codings_of(recipe: Recipe, split: Split, kinds: Sequence[str] = _ASKING) -> dict[str, Coding]:
    """Return how columns are coded that components of some kinds ask for, by key.

    Raises DataError as above.
    """
    store, codings = split.store, {}
    for chosen, use in _uses(recipe, kinds):
        raw = raw_column(use.name, store.columns, store.times, store.offsets)
        if raw is None:
            raise DataError(_missing(recipe, chosen, use, store))
        _require_numbers(chosen, use, raw)
        codings[use.key] = Coding.of(use, raw[split.is_trained()])
    return codings


def columns_to_keep(
    names: Iterable[str], codings: Mapping[str, Coding]
) -> tuple[bool, Sequence[str]]:
    """Say whether times, and which columns, are needed to make anew what has these ``names``."""
    raw = {coding.use.name for coding in codings.values()}
    times = bool({TIME, NEXT_TIME} & {*names}) or TIME_GAP in raw
    return times, sorted(raw - {TIME_GAP})


def _uses(recipe: Recipe, kinds: Sequence[str]) -> Iterator[tuple[Chosen, ColumnUse]]:
    for kind in kinds:
        for chosen in recipe.many(kind):
            for use in getattr(chosen.settings, "columns", ()):
                if isinstance(use, ColumnUse):
                    yield chosen, use


def _require_numbers(chosen: Chosen, use: ColumnUse, raw: np.ndarray) -> None:
    if use.form != "category" and raw.dtype.kind not in "iuf":
        raise DataError(
            f"{chosen.kind} {chosen.name!r} wants column {use.name!r} as numbers "
            f"(form {use.form!r}), but the data has texts there\n"
            '    use form = "category"'
        )


def _missing(recipe: Recipe, chosen: Chosen, use: ColumnUse, store: SequenceStore) -> str:
    there = sorted(store.columns) + [TIME_GAP] * (store.times is not None)
    dataset = recipe.one("dataset").name
    return (
        f"{chosen.kind} {chosen.name!r} needs column {use.name!r} of every interaction, and data "
        f"set {dataset!r} does not have it\n"
        f"    it has: {', '.join(there) or 'none'}"
    )


def _moments_asked_for(recipe: Recipe, store: SequenceStore) -> Mapping[str, np.ndarray]:
    """Return the times that the recipe's encoder asks for."""
    encoder = recipe.one("encoder")
    names = [name for name in getattr(encoder.settings, "columns", ()) if isinstance(name, str)]
    if not names:
        return {}
    if store.times is None:
        raise DataError(
            f"encoder {encoder.name!r}, with these settings, needs the time of every interaction, "
            f"and data set {recipe.one('dataset').name!r} has no times\n"
            "    give it data with times, or settings or an encoder that need none"
        )
    found = moments(store.times, store.offsets)
    return {name: found[name] for name in names}
