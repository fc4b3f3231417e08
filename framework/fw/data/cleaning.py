"""Cleaning rules, each a function from columns of codes to the rows that stay, or their order."""

from __future__ import annotations

import numpy as np
import pandas as pd


def is_repeated(users: np.ndarray, items: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return bool, [rows]: rows that have the user, item and time of one before them."""
    frame = pd.DataFrame({"user": users, "item": items, "time": times})
    return frame.duplicated().to_numpy()


def core(
    users: np.ndarray, items: np.ndarray, *, min_user_count: int, min_item_count: int
) -> tuple[np.ndarray, int]:
    """Return the rows, rising, in which every user and item has enough rows, and the passes taken.

    Both rules are applied until nothing changes: dropping an item's rows may leave a user with too
    few. There is just one largest such set of rows, whichever rule is applied first.
    """
    kept, passes = np.arange(len(users)), 0
    while True:
        enough = _has(users[kept], min_user_count) & _has(items[kept], min_item_count)
        if enough.all():
            return kept, passes
        kept, passes = kept[enough], passes + 1


def _has(codes: np.ndarray, minimum: int) -> np.ndarray:
    return np.bincount(codes)[codes] >= minimum if len(codes) else np.ones(0, dtype=bool)


def time_order(users: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    """Return the order of rows by user, then time; equal times stay in the order of the rows."""
    return np.argsort(users, kind="stable") if times is None else np.lexsort((times, users))
