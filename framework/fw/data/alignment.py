"""Two data sets laid side by side: users of one beside users of the other, place by place."""

from __future__ import annotations

import attrs
import numpy as np
import pandas as pd

from fw.data.sequences import SequenceStore

NONE = -1  # the row of a user that has no partner


@attrs.frozen(eq=False)
class Alignment:
    """Users of ``a``, each beside at most one of ``b`` (``partners``: [U of a] rows of b)."""

    a: SequenceStore
    b: SequenceStore
    partners: np.ndarray

    def items_beside(self) -> np.ndarray:
        """Return the item of b at the same place as each interaction of a, 0 for none: [T of a]."""
        rows = self.a.rows
        places = np.arange(len(rows)) - self.a.offsets[rows]
        partners = self.partners[rows]
        there = (partners != NONE) & (places < self.b.lengths[partners])
        return np.where(
            there, self.b.items[np.where(there, self.b.offsets[partners] + places, 0)], 0
        )

    def most_frequent(self) -> np.ndarray:
        """Return the item of b that most often stands beside each item of a: [N of a + 1]."""
        pairs = pd.DataFrame({"a": self.a.items, "b": self.items_beside()})
        counts = pairs[pairs["b"] > 0].value_counts().reset_index()  # most frequent first
        best = counts.drop_duplicates("a")
        result = np.zeros(self.a.num_items + 1, dtype=np.int64)
        result[best["a"]] = best["b"]
        return result

    def is_ambiguous(self) -> np.ndarray:
        """Return bool, [T of a]: items that stand beside different items, from either side."""
        pairs = pd.DataFrame({"a": self.a.items, "b": self.items_beside()})
        distinct = pairs.drop_duplicates()
        several_a = distinct["a"][distinct["a"].duplicated()]
        several_b = distinct["b"][distinct["b"].duplicated()]
        return (pairs["a"].isin(several_a) | pairs["b"].isin(several_b)).to_numpy()

    def first_difference(self, items: np.ndarray) -> tuple[int, int] | None:
        """Return the first row of a and place (from 0) where b has another item; None if nowhere.

        ``items`` ([N of a + 1]) names for each item of a the one of b. A sequence that goes on
        where its partner ends differs at that place.
        """
        beside = self.items_beside()
        wrong = np.flatnonzero((beside == 0) | (items[self.a.items] != beside))
        longer = np.flatnonzero(self._partner_lengths() > self.a.lengths)
        places = [
            (int(self.a.rows[at]), int(at - self.a.offsets[self.a.rows[at]])) for at in wrong[:1]
        ]
        places += [(int(row), int(self.a.lengths[row])) for row in longer[:1]]
        return min(places, default=None)

    def _partner_lengths(self) -> np.ndarray:
        return np.where(self.partners == NONE, 0, self.b.lengths[self.partners])


def align_by_name(a: SequenceStore, b: SequenceStore) -> tuple[Alignment, np.ndarray]:
    """Lay users of one name side by side; also return for each item of a that of b of its name.

    0 stands for an item that b has not, [N of a + 1].
    """
    items = np.append(0, pd.Index(b.item_ids).get_indexer(a.item_ids) + 1)
    return Alignment(a, b, pd.Index(b.user_ids).get_indexer(a.user_ids)), items


def pair_up(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return for each value of a the place of an equal one in b, each used once; else NONE."""
    left, right = (pd.DataFrame({"value": one, "place": range(len(one))}) for one in (a, b))
    for frame in (left, right):
        frame["which"] = frame.groupby("value").cumcount()
    joined = left.merge(right, on=["value", "which"], how="left", suffixes=("", "_of_b"))
    return joined["place_of_b"].fillna(NONE).to_numpy(np.int64, copy=True)
