"""Going through many interactions in spans of whole rows, so that little is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

SPAN = 1 << 22  # interactions of a span, about; more where a single row has more


def spans(offsets: np.ndarray, size: int = 0) -> Iterator[tuple[int, int]]:
    """Cut rows, which begin at ``offsets`` ([U + 1]), into spans of about ``size`` interactions.

    Yields the first row of each and the one after its last.
    """
    first, number = 0, len(offsets) - 1
    while first < number:
        wanted = offsets[first] + (size or SPAN)
        last = max(int(np.searchsorted(offsets, wanted, side="right")) - 1, first + 1)
        yield first, min(last, number)
        first = min(last, number)


def owners(offsets: np.ndarray, first: int, last: int) -> np.ndarray:
    """Return the row, from 0 at ``first``, of every interaction of a span: int64."""
    return np.repeat(np.arange(last - first), np.diff(offsets[first : last + 1]))


def repeated(owners: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return bool: interactions whose owner has had the item before; equal ones keep their order.

    ``owners`` must not be negative, and so not ``items``.
    """
    if not len(items):
        return np.zeros(0, dtype=bool)
    keys = owners.astype(np.int64) * (int(items.max()) + 1) + items
    order = np.argsort(keys, kind="stable")
    again = np.zeros(len(keys), dtype=bool)
    again[order[1:]] = keys[order[1:]] == keys[order[:-1]]
    return again
