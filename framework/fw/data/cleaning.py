"""Cleaning: which rows stay, in which order, and what was dropped by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pandas as pd

from fw.config.slots import DatasetSlot


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


@attrs.frozen(eq=False)
class Codes:
    """Rows as numbers: what cleaning looks at."""

    users: np.ndarray
    items: np.ndarray
    times: np.ndarray | None

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Codes:
        """Take the codes of a frame's categorical users and items."""
        times = frame["time"].to_numpy() if "time" in frame else None
        return cls(frame["user"].cat.codes.to_numpy(), frame["item"].cat.codes.to_numpy(), times)

    def sizes(self) -> tuple[int, int, int]:
        """Return how many rows, users and items there are."""
        return len(self.users), len(pd.unique(self.users)), len(pd.unique(self.items))

    def at(self, rows: np.ndarray) -> Codes:
        """Return those of some rows."""
        times = None if self.times is None else self.times[rows]
        return Codes(self.users[rows], self.items[rows], times)


def clean(codes: Codes, slot: DatasetSlot) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the rows that stay, rising, and a report of what was dropped.

    First rows that repeat user, item and time (where there are times), then minimum counts.
    """
    rows = np.arange(len(codes.users))
    repeated = None
    if codes.times is not None:
        repeated = is_repeated(codes.users, codes.items, codes.times)
        rows = rows[~repeated] if slot.duplicates == "drop" else rows
    before = codes.at(rows)
    kept, passes = core(
        before.users,
        before.items,
        min_user_count=slot.min_user_count,
        min_item_count=slot.min_item_count,
    )
    report = {
        "duplicates": duplicates_report(None if repeated is None else int(repeated.sum()), slot),
        "minimum_counts": core_report(before.sizes(), before.at(kept).sizes(), slot, passes),
        "order": order_report(codes.times is not None),
    }
    return rows[kept], report


def duplicates_report(found: int | None, slot: DatasetSlot) -> dict[str, Any]:
    """Report how many repeated rows were found, None where there are no times to tell them by."""
    if found is None:
        return {"rule": "none: there are no times", "found": 0, "dropped_rows": 0}
    dropped = found if slot.duplicates == "drop" else 0
    return {"rule": slot.duplicates, "found": found, "dropped_rows": dropped}


def core_report(
    before: Sequence[int], after: Sequence[int], slot: DatasetSlot, passes: int
) -> dict[str, Any]:
    """Report what minimum counts dropped, given the numbers of rows, users and items."""
    lost = [one - other for one, other in zip(before, after, strict=True)]
    return {
        "min_user_count": slot.min_user_count,
        "min_item_count": slot.min_item_count,
        "passes": passes,
        "dropped_rows": lost[0],
        "dropped_users": lost[1],
        "dropped_items": lost[2],
    }


def order_report(timed: bool) -> str:
    """Say what users' items are in the order of."""
    return "time, then order of the rows" if timed else "order of the rows"


def nothing_left(source_rows: int, slot: DatasetSlot) -> str:
    """Say that cleaning has dropped everything."""
    return (
        f"no interactions are left of {source_rows:,}: min_user_count = {slot.min_user_count} and "
        f"min_item_count = {slot.min_item_count} drop all of them"
    )
