"""Users' items in time order, laid flat: the form that everything after cleaning works on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
import numpy as np

from fw.data.interactions import Oracle
from fw.data.spans import SPAN, owners, repeated, spans

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False, kw_only=True)
class SequenceStore:
    """All users' items, oldest first, one user after the other.

    User (row) r has ``items[offsets[r]:offsets[r + 1]]``; items are numbered 1..N in the order of
    their first appearance, users 0..U-1 likewise. ``source_rows`` says which row of the data set's
    frame each interaction was.
    """

    items: np.ndarray  # [T] int32, 1..N
    offsets: np.ndarray  # [U + 1] int64
    source_rows: np.ndarray  # [T] int64
    user_ids: np.ndarray  # [U] str objects
    item_ids: np.ndarray  # [N] str objects; item i is item_ids[i - 1]
    times: np.ndarray | None = None  # [T] int64
    columns: Mapping[str, np.ndarray] = MappingProxyType({})  # [T] each
    item_frame: pd.DataFrame | None = None  # row i - 1 belongs to item i
    oracle: Oracle | None = None  # of source rows; column i - 1 is item i (those left)

    @property
    def num_users(self) -> int:
        """The number of users U."""
        return len(self.user_ids)

    @property
    def num_items(self) -> int:
        """The number of items N."""
        return len(self.item_ids)

    @property
    def lengths(self) -> np.ndarray:
        """How many items each user has: [U] int64."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> np.ndarray:
        """The user (row) of every interaction: [T] int64."""
        return np.repeat(np.arange(self.num_users), self.lengths)

    def is_repeat(self) -> np.ndarray:
        """Return bool, [T]: interactions whose item the user has had before."""
        return self._repeats

    @cached_property
    def _repeats(self) -> np.ndarray:
        found = np.zeros(len(self.items), dtype=bool)
        for first, last in spans(self.offsets):
            part = slice(int(self.offsets[first]), int(self.offsets[last]))
            found[part] = repeated(owners(self.offsets, first, last), self.items[part])
        return found

    def starts_row(self) -> np.ndarray:
        """Return bool, [T]: interactions that are the oldest of their user."""
        starts = np.zeros(len(self.items), dtype=bool)
        starts[self.offsets[:-1][self.lengths > 0]] = True
        return starts


def check_numbers(store: SequenceStore) -> None:
    """Raise ValueError where an item has no number 1..N."""
    if not np.issubdtype(store.items.dtype, np.integer):
        raise ValueError(f"items must be whole numbers (int32), found {store.items.dtype}")
    for first in range(0, len(store.items), SPAN):
        part = store.items[first : first + SPAN]
        wrong = (part < 1) | (part > store.num_items)
        if wrong.any():
            place = first + int(wrong.argmax())
            raise ValueError(
                f"item {store.items[place]} of user {store.user_ids[store.rows[place]]!r} is no "
                f"number of an item: 1 to {store.num_items}"
            )


def count_items(store: SequenceStore, chosen: np.ndarray | None = None) -> np.ndarray:
    """Count how often each item occurs, PAD and mask token too, of the chosen ([T] bool): [N + 2].

    By spans, since counting takes eight bytes for each of the items given.
    """
    counts = np.zeros(store.num_items + 2, dtype=np.int64)
    for first in range(0, len(store.items), SPAN):
        part = store.items[first : first + SPAN]
        part = part if chosen is None else part[chosen[first : first + SPAN]]
        counts += np.bincount(part, minlength=len(counts))
    return counts
