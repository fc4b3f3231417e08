"""Items and users of a run by the ids of its data, with titles where the data has them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs
import numpy as np
import pandas as pd

from fw.data.sequences import SequenceStore
from fw.errors import UserError


@attrs.frozen(kw_only=True)
class Item:
    """An item by its id, with its title where the data has one."""

    item: str
    title: str | None = None


@attrs.frozen(kw_only=True)
class Recommended:
    """One item of a list."""

    rank: int
    item: str
    score: float
    title: str | None = None


@attrs.define(eq=False, slots=False)
class Catalogue:
    """Numbers of items (1..N) and users (rows, from 0) by id, and back."""

    store: SequenceStore

    def item(self, number: int) -> Item:
        """Return an item by its number."""
        return Item(item=self.store.item_ids[number - 1], title=self.titles[number - 1])

    def listed(self, items: np.ndarray, scores: np.ndarray) -> tuple[Recommended, ...]:
        """Return a list ([k] each, PAD at its end) as items with ranks."""
        found = [self.item(item) for item in items if item]
        return tuple(
            Recommended(rank=rank, item=one.item, score=float(score), title=one.title)
            for rank, (one, score) in enumerate(zip(found, scores, strict=False), start=1)
        )

    def numbers_of(self, items: np.ndarray) -> np.ndarray:
        """Return the numbers of items by id (objects), 0 for those that are unknown."""
        return self._index.get_indexer(pd.Index(items, dtype=object)) + 1

    def number_of(self, item: str) -> int:
        """Return the number of an item; raises UserError if it is unknown."""
        number = int(self.numbers_of(np.array([item], dtype=object))[0])
        if not number:
            raise UserError(self._none_of("item", item, self.store.num_items))
        return number

    def row_of(self, user: str) -> int:
        """Return the row of a user; raises UserError if it is unknown."""
        row = self._rows.get(user)
        if row is None:
            raise UserError(self._none_of("user", user, self.store.num_users))
        return row

    @cached_property
    def titles(self) -> np.ndarray:
        """Titles of the items 1..N, None where there is none: [N] objects."""
        frame = self.store.item_frame
        titles = np.full(self.store.num_items, None, dtype=object)
        if frame is not None and "title" in frame:
            given = frame["title"].notna().to_numpy()
            titles[given] = frame["title"].to_numpy()[given].astype(str)
        return titles

    @cached_property
    def _index(self) -> pd.Index[Any]:
        index: pd.Index[Any] = pd.Index(self.store.item_ids, dtype=object)
        return index

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {user: row for row, user in enumerate(self.store.user_ids)}

    @staticmethod
    def _none_of(word: str, found: str, number: int) -> str:
        return (
            f"unknown {word} {found!r}: not one of the {number:,} {word}s of the run's data, "
            "after cleaning"
        )
