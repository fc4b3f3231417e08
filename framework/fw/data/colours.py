"""Colour refinement: tell users and items apart by structure alone, whatever they are called.

Every user and every item gets a colour: a number that follows from the colours of what it goes
together with, and where. After a few rounds two users (or items) have the same colour only if
nothing but their names tells them apart, as far as that can be seen in this way (Weisfeiler and
Leman, 1968).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from fw.data.sequences import SequenceStore


@attrs.frozen(eq=False)
class Colours:
    """The colours of a data set's users ([U] uint64) and items ([N] uint64)."""

    users: np.ndarray
    items: np.ndarray

    @property
    def count(self) -> int:
        """How many different colours there are."""
        return len(np.unique(self.users)) + len(np.unique(self.items))

    def is_like(self, other: Colours) -> bool:
        """Whether the other data set has the same colours, equally often."""
        return np.array_equal(np.sort(self.users), np.sort(other.users)) and np.array_equal(
            np.sort(self.items), np.sort(other.items)
        )


@attrs.frozen(eq=False)
class Painter:
    """Paints one data set, round by round."""

    store: SequenceStore
    rows: np.ndarray  # [T]
    places: np.ndarray  # [T] uint64: scrambled place in the user's sequence
    by_item: np.ndarray  # [T] order that brings an item's interactions together
    item_starts: np.ndarray  # [N]

    @classmethod
    def of(cls, store: SequenceStore) -> Painter:
        """Prepare a data set."""
        rows = store.rows
        places = _scrambled(
            np.arange(len(rows), dtype=np.uint64) - store.offsets[rows].astype("u8")
        )
        counts = np.bincount(store.items, minlength=store.num_items + 1)[1:]
        by_item = np.argsort(store.items, kind="stable")
        return cls(store, rows, places, by_item, counts.cumsum() - counts)

    def first(self, marked: Sequence[int] = ()) -> Colours:
        """Paint all alike, but each of the ``marked`` users in a colour of its own."""
        users = np.zeros(self.store.num_users, dtype=np.uint64)
        users[list(marked)] = np.arange(1, len(marked) + 1, dtype=np.uint64)
        return Colours(users, np.zeros(self.store.num_items, dtype=np.uint64))

    def next(self, colours: Colours) -> Colours:
        """Paint users by their items in order, then items by the users and places they are at."""
        seen = _scrambled(colours.items[self.store.items - 1] + self.places)
        users = _scrambled(
            np.add.reduceat(seen, self.store.offsets[:-1]) + _scrambled(colours.users)
        )
        held = _scrambled(users[self.rows] + self.places)[self.by_item]
        return Colours(users, _scrambled(np.add.reduceat(held, self.item_starts)))


def refine(
    a: Painter, b: Painter, marked: Sequence[tuple[int, int]] = ()
) -> tuple[Colours, Colours] | None:
    """Paint two data sets until no round tells more apart; None once they are seen to differ.

    ``marked`` are users of a and b that are taken to be the same.
    """
    colours = a.first([one for one, _ in marked]), b.first([other for _, other in marked])
    count = 0
    while True:
        colours = a.next(colours[0]), b.next(colours[1])
        if not colours[0].is_like(colours[1]):
            return None
        if colours[0].count == count:
            return colours
        count = colours[0].count


def _scrambled(words: np.ndarray) -> np.ndarray:
    """Scramble 64-bit words: the output function of SplitMix64 (Steele, Lea and Flood, 2014)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scrambled: np.ndarray = words ^ (words >> np.uint64(31))
    return scrambled
