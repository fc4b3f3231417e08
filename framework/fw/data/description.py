"""What a data set is like: counts, lengths, ties, repeats, what cleaning dropped, fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fw.data.fingerprints import fingerprint_split
from fw.data.prepare import Loaded
from fw.data.sequences import SequenceStore, count_items
from fw.data.split import Split

_QUANTILES = {
    "min": 0.0,
    "5%": 0.05,
    "25%": 0.25,
    "median": 0.5,
    "75%": 0.75,
    "95%": 0.95,
    "max": 1,
}


def describe(loaded: Loaded, split: Split | None = None) -> dict[str, Any]:
    """Describe a data set, and its split if there is one, in plain values (what JSON can hold)."""
    description = {
        "name": loaded.name,
        "fallback": _fallback(loaded),
        **_counts(loaded.store),
        "cleaning": dict(loaded.report),
        "fingerprints": dict(loaded.fingerprints),
    }
    if split is not None:
        description["split"] = dict(split.report)
        description["fingerprints"]["split"] = fingerprint_split(split)
    return description


def _counts(store: SequenceStore) -> dict[str, Any]:
    return {
        "users": store.num_users,
        "items": store.num_items,
        "interactions": len(store.items),
        "density": len(store.items) / (store.num_users * store.num_items),
        "user_lengths": _spread(store.lengths),
        "item_counts": _spread(count_items(store)[1:-1]),
        "ties": _ties(store),
        "repeats": _repeats(store),
        "columns": list(store.columns),
    }


def _fallback(loaded: Loaded) -> dict[str, str] | None:
    if not loaded.used_fallback:
        return None
    return {"instead_of": loaded.instead_of, "reason": loaded.reason}


def _spread(values: np.ndarray) -> dict[str, float]:
    levels = np.quantile(values, list(_QUANTILES.values()))
    return {"mean": float(values.mean())} | dict(zip(_QUANTILES, levels.tolist(), strict=True))


def _repeats(store: SequenceStore) -> dict[str, int]:
    repeated = store.is_repeat()
    return {
        "rows": int(repeated.sum()),
        "users": _users_of(store, repeated),
    }


def _users_of(store: SequenceStore, chosen: np.ndarray) -> int:
    """Return how many users have any of the chosen interactions ([T] bool)."""
    places = np.flatnonzero(chosen)
    return len(np.unique(np.searchsorted(store.offsets, places, side="right")))


def _ties(store: SequenceStore) -> Mapping[str, int] | None:
    """Count what only the order of the source decides: rows at the same time as a neighbour."""
    if store.times is None:
        return None
    with_next = (store.times[1:] == store.times[:-1]) & ~store.starts_row()[1:]
    tied = np.zeros(len(store.items), dtype=bool)
    tied[1:] |= with_next
    tied[:-1] |= with_next
    newest = store.offsets[1:] - 1  # with_next[t - 1]: t is tied with what stands before it
    return {
        "rows": int(tied.sum()),
        "users_with_last_two_tied": int(with_next[newest[store.lengths > 1] - 1].sum()),
    }
