"""Fewer cases to evaluate than a split has, where there are too many of them."""

from __future__ import annotations

import attrs
import numpy as np

from fw.data.split import CaseList, Split


def with_fewer_cases(split: Split, most: int) -> Split:
    """Return the split with at most so many cases for validation and as many for test.

    They are those of users drawn at random by the number of their row alone, the same for both and
    for every run on the same data. What is trained on stays as it is.
    """
    turns = np.random.default_rng(0).permutation(split.store.num_users)
    valid, test = (_fewer(cases, turns, most) for cases in (split.valid, split.test))
    counts = {"all_valid_cases": len(split.valid), "all_test_cases": len(split.test)}
    report = {**split.report, "max_cases": most, **counts}
    return attrs.evolve(split, valid=valid, test=test, report=report)


def _fewer(cases: CaseList, turns: np.ndarray, most: int) -> CaseList:
    """Return the cases whose users' turns come first, in the order in which they were."""
    order = np.lexsort((cases.ends, turns[cases.rows]))
    kept = np.sort(order[:most])
    return CaseList(cases.rows[kept], cases.ends[kept])
