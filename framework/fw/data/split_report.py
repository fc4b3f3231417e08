"""What a split comes to, in counts: the same ones for every splitter."""

from __future__ import annotations

from typing import Any

import numpy as np

from fw.data.sequences import check_numbers
from fw.data.split import CaseList, Split


def report_split(split: Split, rule: str) -> dict[str, Any]:
    """Count users, training rows and pairs, and targets that are cold or were had before.

    A user is evaluable if a test case is theirs. A pair is an item with its successor, both in the
    training part. A target is cold if no one was trained on it. ``train_rows_later_than_test`` is
    what leaks from the future where there are times: the share of training rows that are later than
    a test target, in the mean over test cases. ``rule`` says how the split was made.
    Raises ValueError where an item has no number.
    """
    check_numbers(split.store)  # a splitter may have made another store
    evaluable = len(np.unique(split.test.rows))
    return {
        "rule": rule,
        "evaluable_users": evaluable,
        "train_only_users": split.store.num_users - evaluable,
        "train_rows": int(split.train_lengths.sum()),
        "train_pairs": int(np.maximum(split.train_lengths - 1, 0).sum()),
        **_count_targets(split, "valid", split.valid),
        **_count_targets(split, "test", split.test),
        **_leak(split),
    }


def _leak(split: Split) -> dict[str, float]:
    store, cases = split.store, split.test
    trained = split.is_trained()
    if store.times is None or not len(cases) or not trained.any():
        return {}
    times = np.sort(store.times[trained])
    targets = store.times[store.offsets[cases.rows] + cases.ends]
    later = len(times) - np.searchsorted(times, targets, side="right")
    return {"train_rows_later_than_test": float(later.mean() / len(times))}


def _count_targets(split: Split, name: str, cases: CaseList) -> dict[str, int]:
    store = split.store
    places = store.offsets[cases.rows] + cases.ends
    cold = split.item_counts[store.items[places]] == 0
    return {
        f"cold_{name}_targets": int(cold.sum()),
        f"repeat_{name}_targets": int(store.is_repeat()[places].sum()),
    }
