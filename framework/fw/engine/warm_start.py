"""Starting from what another run has learned, in place of initial weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
from torch import Tensor

from fw.engine.data import RunData
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.histories import read_item_ids
from fw.engine.restore import fit, kept_weights, read_result
from fw.engine.steps.step import Step
from fw.errors import RunError
from fw.nn.items import ItemTable

KEY = "[training] init_from"


def start_from(path: Path, step: Step, data: RunData, warn: Callable[[str], None]) -> None:
    """Give a step the best weights of a finished run of the same components.

    Where the two catalogues differ, item tables are matched by the items' raw ids, and items that
    the run did not know keep their initial rows. Raises RunError if there is no such run, if the
    weights are of another model, or if no item is in both catalogues.
    """
    try:
        folder = RunFolder.open(path)
        weights, file = kept_weights(folder, read_result(folder))
        matching = Matching.of(read_item_ids(folder), data.split.store.item_ids)
        if not matching.same:
            weights = matching.apply(weights, step)
            warn(f"{KEY}: {matching.summary} to {path}; the others begin anew")
        fit(step, weights, file)
        _warn_of_other_data(folder, data, warn)
    except RunError as error:
        raise RunError(f"{KEY}: {error}") from error


def _warn_of_other_data(folder: RunFolder, data: RunData, warn: Callable[[str], None]) -> None:
    if folder.read_json("data.json")["fingerprints"] != data.description["fingerprints"]:
        warn(
            f"{KEY}: {folder.path} was trained on other data, or another split of them: if "
            "that has interactions that are validated or tested here, these scores are too good"
        )


@attrs.frozen(kw_only=True, eq=False)
class Matching:
    """Items of a catalogue by the number they have in another one."""

    before: int  # items of the other catalogue
    numbers: np.ndarray  # [N], for items 1..N: from 1 on, 0 where the other does not know it

    @classmethod
    def of(cls, before: np.ndarray, after: np.ndarray) -> Matching:
        """Match two lists of raw ids; raises RunError if they share none."""
        numbers = pd.Index(before, dtype=object).get_indexer(pd.Index(after, dtype=object)) + 1
        if not numbers.any():
            raise RunError(f"none of its {len(before):,} items is one of this run's data")
        return cls(before=len(before), numbers=numbers)

    @property
    def same(self) -> bool:
        """Whether both catalogues are the same list."""
        return self.before == len(self.numbers) and bool((np.diff(self.numbers) == 1).all())

    @property
    def summary(self) -> str:
        """How many items are in both catalogues."""
        return f"{np.count_nonzero(self.numbers):,} of {len(self.numbers):,} items are known"

    def apply(self, weights: Mapping[str, Tensor], step: Step) -> dict[str, Tensor]:
        """Return the weights with rows of item tables where this catalogue has them."""
        own, tables = step.state_dict(), set(_item_tables(step))
        return {
            name: self._moved(found, own[name]) if name in tables else self._checked(name, found)
            for name, found in weights.items()
        }

    def _moved(self, found: Tensor, own: Tensor) -> Tensor:
        if found.shape[1:] != own.shape[1:]:
            return found  # of another model: told where it is loaded
        moved = own.cpu().clone()
        places = np.flatnonzero(self.numbers)
        moved[places + 1] = found[self.numbers[places]]
        moved[[0, -1]] = found[[0, -1]]  # PAD and the mask token
        return moved

    def _checked(self, name: str, found: Tensor) -> Tensor:
        """Refuse what may have a row an item without being a table of items."""
        if found.shape[:1] == (self.before + 2,):
            raise RunError(
                f"{name} has a row for each of its items, or as many by chance, and is in no item "
                "table: it cannot be matched with another catalogue"
            )
        return found


def _item_tables(step: Step) -> Iterator[str]:
    """Yield the names of weights that have a row an item, of tables of items."""
    for place, module in step.named_modules():
        if isinstance(module, ItemTable) or module is step.encoder.items:
            state = module.state_dict()
            size = step.encoder.items.num_items + 2
            yield from (f"{place}.{name}" for name, rows in state.items() if len(rows) == size)
