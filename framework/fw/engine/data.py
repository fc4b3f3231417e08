"""The data of a run: loaded, cleaned, split, described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import attrs

from fw.config.recipe import Recipe
from fw.config.slots import SplitterSlot
from fw.data.asked import asked_for, codings_of
from fw.data.description import describe
from fw.data.final_split import with_validation_trained
from fw.data.places import Places
from fw.data.prepare import Loaded, load
from fw.data.sampled_cases import with_fewer_cases
from fw.data.split import Split
from fw.data.training import TrainingRows
from fw.data.windows import Windows, cut_windows
from fw.engine.build import make_info
from fw.engine.faults.blame import blamed_on
from fw.engine.faults.guards import check_split
from fw.errors import DataError, RunError
from fw.interfaces import Info


@attrs.frozen(eq=False, kw_only=True)
class RunData:
    """A split data set with its description (what ``data.json`` holds)."""

    name: str  # of the data set, and if it is a fallback, for which
    split: Split
    description: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """The line that a run prints about its data."""
        store = self.split.store
        return (
            f"data {self.name}: {store.num_users:,} users, {store.num_items:,} items, "
            f"{len(store.items):,} interactions; {len(self.split.valid):,} validation cases, "
            f"{len(self.split.test):,} test cases{self._leak}"
        )

    @property
    def _leak(self) -> str:
        share = self.split.report.get("train_rows_later_than_test")
        if share is None:
            return ""
        return f"; {share:.1%} of what is trained on is later than a test target (mean)"

    def info(self, recipe: Recipe, warn: Callable[[str], None]) -> Info:
        """Make what components are told of the data.

        Raises DataError if a component asks for a column that the data does not have.
        """
        rows = TrainingRows(self.split, asked_for(recipe, self.split), self._windows(recipe))
        return make_info(recipe, self.split, rows, warn, codings_of(recipe, self.split))

    def _windows(self, recipe: Recipe) -> Windows | None:
        stride = recipe.training.window_stride
        if stride is None:
            return None
        width = recipe.max_len + recipe.one("task").settings.ahead
        return cut_windows(self.split.train_lengths, width, stride)

    def require(self, fingerprints: Mapping[str, Any], where: Path) -> None:
        """Raise RunError unless the data has these fingerprints."""
        if self.description["fingerprints"] != fingerprints:
            raise RunError(
                f"{where} was begun with other data: its fingerprints are {dict(fingerprints)}, "
                f"now they are {self.description['fingerprints']}"
            )


def load_data(recipe: Recipe, places: Places, warn: Callable[[str], None]) -> RunData:
    """Load the recipe's data set and split it; raises DataError where nothing could be learned."""
    data = load_and_split(recipe, places, warn)
    _require_something_to_learn(recipe, data.split)
    return data


def load_dataset(recipe: Recipe, places: Places, warn: Callable[[str], None]) -> Loaded:
    """Load and clean the recipe's data set, or take it from the cache."""
    chosen = recipe.one("dataset")
    with blamed_on(chosen.entry, "while it was loaded"):
        return load(chosen, places, warn)


def load_and_split(recipe: Recipe, places: Places, warn: Callable[[str], None]) -> RunData:
    """Load the recipe's data set and split it, whatever comes out."""
    chosen = recipe.one("dataset")
    loaded = load_dataset(recipe, places, warn)
    splitter = recipe.one("splitter")
    with blamed_on(splitter.entry, "while it split the data"):
        split = splitter.settings(loaded.store)
        check_split(split)
        if recipe.training.final_fit is not None:
            split = with_validation_trained(split)
            check_split(split)
    most = cast(SplitterSlot, splitter.slot).max_cases
    split = split if most is None else with_fewer_cases(split, most)
    name = f"{loaded.name} (FALLBACK for {chosen.name})" if loaded.used_fallback else chosen.name
    return RunData(name=name, split=split, description=describe(loaded, split))


def _require_something_to_learn(recipe: Recipe, split: Split) -> None:
    least = recipe.one("task").settings.min_items
    longest = int(split.train_lengths.max(initial=0))
    if longest < least:
        raise DataError(
            f"nothing to train on: no user has {least} or more training items (the most is "
            f"{longest})"
        )
    needs_validation = recipe.training.final_fit is None
    if (needs_validation and not len(split.valid)) or not len(split.test):
        raise DataError(
            f"nothing to evaluate: {len(split.valid)} validation cases and {len(split.test)} test "
            "cases are left after the split"
        )
