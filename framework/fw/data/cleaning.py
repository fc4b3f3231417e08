"""Cleaning: which rows stay, in which order, and what was dropped by which rule."""

from __future__ import annotations

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
        "duplicates": _duplicates_report(repeated, slot),
        "minimum_counts": _core_report(before, before.at(kept), slot, passes),
        "order": "order of the rows" if codes.times is None else "time, then order of the rows",
    }
    return rows[kept], report


def _duplicates_report(repeated: np.ndarray | None, slot: DatasetSlot) -> dict[str, Any]:
    if repeated is None:
        return {"rule": "none: there are no times", "found": 0, "dropped_rows": 0}
    found = int(repeated.sum())
    dropped = found if slot.duplicates == "drop" else 0
    return {"rule": slot.duplicates, "found": found, "dropped_rows": dropped}


def _core_report(before: Codes, after: Codes, slot: DatasetSlot, passes: int) -> dict[str, Any]:
    def lost(one: np.ndarray, other: np.ndarray) -> int:
        return len(pd.unique(one)) - len(pd.unique(other))

    return {
        "min_user_count": slot.min_user_count,
        "min_item_count": slot.min_item_count,
        "passes": passes,
        "dropped_rows": len(before.users) - len(after.users),
        "dropped_users": lost(before.users, after.users),
        "dropped_items": lost(before.items, after.items),
    }
