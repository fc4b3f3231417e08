"""Whether the order of a data set means anything, and what its source did with rows and ids."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from fw.data.findings import Finding, Patient
from fw.data.split import Split

_SUCCESSORS = 10  # of the newest item, that are taken for a prediction
_ENOUGH_CASES = 100  # for the comparison to say anything
_ERRORS = 2  # standard errors within which shuffling changes nothing


def check_unsorted(patient: Patient) -> Iterator[Finding]:
    """Find users whose rows do not stand in the order of time in the source."""
    store = patient.store
    back = (np.diff(store.rows) == 0) & (np.diff(store.source_rows) < 0)
    if back.any():
        users = len(np.unique(store.rows[1:][back]))
        yield Finding(
            name="unsorted_rows",
            counts={"users": users, "steps_back": int(back.sum())},
            message=f"the rows of {users:,} of {store.num_users:,} users do not stand in the order "
            "of time in the source, and were sorted",
            advice="a program that takes the order of the file trains on other sequences",
        )


def check_order(patient: Patient) -> Iterator[Finding]:
    """Find histories whose order tells nothing: shuffled ones predict as well."""
    split = patient.split
    if len(split.valid) < _ENOUGH_CASES:
        return
    ordered, shuffled = _hits(split, split.store.items), _hits(split, _shuffled(split))
    gain = ordered.astype(float) - shuffled
    error = float(gain.std(ddof=1)) / len(gain) ** 0.5
    suspicious = bool(gain.mean() <= _ERRORS * error)
    shares = {"ordered": float(ordered.mean()), "shuffled": float(shuffled.mean())}
    yield Finding(
        name="suspicious_order" if suspicious else "order",
        counts={**shares, "standard_error_of_difference": error},
        message=f"{shares['ordered']:.1%} of the validation targets are among the "
        f"{_SUCCESSORS} items that most often came right after the newest one in training; with "
        f"every history shuffled {shares['shuffled']:.1%}"
        + (": the order tells nothing" if suspicious else ""),
        advice="look where the order comes from: the column of times, or rows that were shuffled; "
        "if the order is right, a sequential model has little to learn here"
        if suspicious
        else "",
        serious=suspicious,
    )


def check_gaps(patient: Patient) -> Iterator[Finding]:
    """Find ids that are numbers with numbers left out."""
    store = patient.store
    for kind, ids in (("user", store.user_ids), ("item", store.item_ids)):
        missing = _missing(ids)
        if missing:
            yield Finding(
                name=f"{kind}_id_gaps",
                counts={"missing": missing, "used": len(ids)},
                message=f"{kind} ids are numbers with gaps: {missing:,} of {missing + len(ids):,} "
                "from the smallest to the largest are not in use",
                advice="fw numbers them anew; a program that takes ids for row numbers has "
                f"{kind}s that do not exist",
            )


def _missing(ids: np.ndarray) -> int:
    """Return how many whole numbers are left out between the smallest and the largest id.

    None are where ids are no numbers, or so far apart that they are no numbering.
    """
    if not pd.Series(ids, dtype=object).str.fullmatch("[0-9]{1,18}").all():
        return 0
    numbers = np.unique(ids.astype(np.int64))
    missing = int(numbers[-1] - numbers[0]) + 1 - len(numbers)
    return missing if missing <= 10 * len(numbers) else 0


def _shuffled(split: Split) -> np.ndarray:
    """Return the store's items ([T]) with the training part of every row in random order."""
    trained = np.flatnonzero(split.is_trained())
    chance = np.random.default_rng(0).random(len(trained))
    items = split.store.items.copy()
    items[trained] = items[trained[np.lexsort((chance, split.store.rows[trained]))]]
    return items


def _hits(split: Split, items: np.ndarray) -> np.ndarray:
    """Return bool, [C]: validation targets among the likeliest successors of the newest item."""
    stride = split.store.num_items + 1
    places = (split.store.offsets[split.valid.rows] + split.valid.ends)[split.valid.ends > 0]
    asked = items[places - 1].astype(np.int64) * stride + items[places]
    return np.isin(asked, _likeliest(split, items.astype(np.int64), stride))


def _likeliest(split: Split, items: np.ndarray, stride: int) -> np.ndarray:
    """Return the likeliest successors of every item in training, as ``item * stride + successor``.

    Those that came equally often are taken by popularity.
    """
    trained, rows = split.is_trained(), split.store.rows
    pairs = trained[1:] & (rows[1:] == rows[:-1])  # a training part is a row's oldest
    keys, counts = np.unique(items[:-1][pairs] * stride + items[1:][pairs], return_counts=True)
    popularity = np.bincount(items[trained], minlength=stride)
    before, after = keys // stride, keys % stride
    order = np.lexsort((-popularity[after], -counts, before))
    starts = np.searchsorted(before, before)  # keys are sorted: where each item's successors begin
    return keys[order][np.arange(len(keys)) - starts < _SUCCESSORS]
