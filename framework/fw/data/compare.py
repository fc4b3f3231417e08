"""Are two data sets the same, the same up to the names of users and items, or different, and where?

Who had what in which order is compared; times, ratings and titles are not.
"""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np

from fw.data.alignment import Alignment, align_by_name
from fw.data.colours import Colours, Painter, refine
from fw.data.difference import find_difference
from fw.data.sequences import SequenceStore


@attrs.frozen(kw_only=True)
class Comparison:
    """What came out.

    ``user`` and ``position`` (from 0) are where the two first differ, in the order of the first
    data set's users; None where nothing corresponds. A user may be one of the second alone.
    """

    verdict: Literal["equal", "renamed", "different"]
    message: str
    user: str | None = None
    position: int | None = None


def compare(a: SequenceStore, b: SequenceStore) -> Comparison:
    """Compare two data sets; the order in which users stand does not matter."""
    by_name, names = align_by_name(a, b)
    if a.num_users == b.num_users and by_name.first_difference(names) is None:
        return Comparison(verdict="equal", message="equal: the same users, items and order")
    if _sizes(a) == _sizes(b) and find_renaming(a, b) is not None:
        return Comparison(
            verdict="renamed", message="equal up to renaming: users or items are called otherwise"
        )
    difference = find_difference(a, b)
    message = f"different: {difference.message}"
    if _sizes(a) != _sizes(b):
        message += f"\n    first: {_counts(a)}; second: {_counts(b)}"
    return Comparison(
        verdict="different", message=message, user=difference.user, position=difference.position
    )


def _sizes(store: SequenceStore) -> tuple[int, int, int]:
    return store.num_users, store.num_items, len(store.items)


def _counts(store: SequenceStore) -> str:
    return "{:,} users, {:,} items, {:,} interactions".format(*_sizes(store))


def find_renaming(a: SequenceStore, b: SequenceStore) -> Alignment | None:
    """Return an alignment in which a is b but for the names of users and items, if one exists.

    Users are paired by colour. Where colours leave a choice and it was made wrongly, one user is
    paired by trial, and so on: every possibility is tried before the answer is None.
    """
    painters = Painter.of(a), Painter.of(b)
    trials: list[tuple[tuple[int, int], ...]] = [()]
    while trials:
        marked = trials.pop()
        colours = refine(*painters, marked)
        if colours is None:
            continue
        found = _paired(a, b, *colours)
        ambiguous = found.is_ambiguous()
        if not ambiguous.any():
            return found
        trials += [(*marked, pair) for pair in _choices(a, ambiguous, *colours)]
    return None


def _paired(a: SequenceStore, b: SequenceStore, of_a: Colours, of_b: Colours) -> Alignment:
    # Among users of one colour, those who begin with the same item are kept together.
    order_a, order_b = (
        np.lexsort((store.items[store.offsets[:-1]], colours.users))
        for store, colours in ((a, of_a), (b, of_b))
    )
    partners = np.empty(a.num_users, dtype=np.int64)
    partners[order_a] = order_b
    return Alignment(a, b, partners)


def _choices(
    a: SequenceStore, ambiguous: np.ndarray, of_a: Colours, of_b: Colours
) -> list[tuple[int, int]]:
    """Return a user of a that was paired wrongly, or may have been, with each that it might be."""
    rows = np.unique(a.rows[ambiguous])
    colours, counts = np.unique(of_a.users, return_counts=True)
    undecided = rows[np.isin(of_a.users[rows], colours[counts > 1])]
    if not len(undecided):
        return []
    row = int(undecided[0])
    return [(row, int(other)) for other in np.flatnonzero(of_b.users == of_a.users[row])]
