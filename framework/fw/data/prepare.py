"""From a data set to the store that everything else works on: loaded, cleaned, put in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pandas as pd

from fw.config.slots import DatasetSlot
from fw.data.cache import FOLDER, Entry, StaleError, source_files
from fw.data.cleaning import Codes, clean, nothing_left, time_order
from fw.data.fingerprints import fingerprint_cleaned, fingerprint_files
from fw.data.interactions import Interactions, Oracle
from fw.data.kept import NotKeepableError
from fw.data.places import Places
from fw.data.sequences import SequenceStore
from fw.errors import DataError, DataNotFound, RunError

if TYPE_CHECKING:
    from fw.config.chosen import Chosen


@attrs.frozen(eq=False, kw_only=True)
class Loaded:
    """A data set that was loaded and cleaned.

    ``name`` is the data set that was really used. Where that is a fallback, ``instead_of`` is the
    one that was asked for, and ``reason`` says why it could not be had. ``kept`` is the file of the
    cache that holds it, None if there is none; ``from_cache`` says that it was there before.
    """

    name: str
    store: SequenceStore
    report: Mapping[str, Any]
    fingerprints: Mapping[str, Any]
    instead_of: str = ""
    reason: str = ""
    kept: Path | None = None
    from_cache: bool = False

    @property
    def used_fallback(self) -> bool:
        """Whether this is not the data set that was asked for."""
        return bool(self.instead_of)


def load(dataset: Chosen, places: Places, warn: Callable[[str], None]) -> Loaded:
    """Load and clean a data set, or its fallback if it can be neither found nor downloaded.

    What was cleaned before comes from the cache. The fallback, and whatever is wrong with the
    cache, is announced through ``warn``. Raises DataError for everything else that is wrong.
    """
    slot = dataset.slot
    assert isinstance(slot, DatasetSlot)
    try:
        return _load(dataset, slot, places, warn)
    except DataNotFound as error:
        if slot.fallback is None:
            raise
        warn(_announcement(dataset.name, slot.fallback.name, str(error)))
        loaded = load(slot.fallback, places, warn)
        return attrs.evolve(loaded, instead_of=dataset.name, reason=str(error))


def _load(
    dataset: Chosen, slot: DatasetSlot, places: Places, warn: Callable[[str], None]
) -> Loaded:
    files = source_files(dataset.settings, places)
    if files is None:
        return _clean(dataset, slot, places)
    entry = Entry.of(dataset, files, places)
    return _kept(dataset.name, entry, warn) or _keep(_clean(dataset, slot, places), entry, warn)


def _kept(name: str, entry: Entry, warn: Callable[[str], None]) -> Loaded | None:
    try:
        found = entry.read()
    except StaleError as error:
        warn(f"prepared data {entry.path} is made again: {error}")
        return None
    return found and Loaded(name=name, store=found[0], kept=entry.path, from_cache=True, **found[1])


def _keep(loaded: Loaded, entry: Entry, warn: Callable[[str], None]) -> Loaded:
    """Keep what was cleaned for the next run; where that cannot be, warn and go on without."""
    about = {"report": dict(loaded.report), "fingerprints": dict(loaded.fingerprints)}
    try:
        entry.require_unchanged(loaded.fingerprints["files"])
        entry.write(loaded.store, about)
    except (NotKeepableError, OSError, RunError) as error:
        warn(f"the prepared data of {loaded.name!r} cannot be kept: {error}")
        return loaded
    return attrs.evolve(loaded, kept=entry.path)


def _clean(dataset: Chosen, slot: DatasetSlot, places: Places) -> Loaded:
    interactions = dataset.settings.load(places)
    if isinstance(interactions, Interactions):
        store, report = prepare(interactions, slot)
    else:
        from fw.data.piecewise import prepare_parts  # only for data in parts

        store, report = prepare_parts(interactions, slot, places.cache / FOLDER)
    return Loaded(
        name=dataset.name,
        store=store,
        report=report,
        fingerprints={
            "files": fingerprint_files(interactions.files),
            "cleaned": fingerprint_cleaned(store),
        },
    )


def _announcement(asked: str, used: str, reason: str) -> str:
    line = "=" * 78
    return (
        f"FALLBACK DATA\n{line}\n"
        f"The data set {asked!r} cannot be had. {used!r} is used in its place:\n"
        f"every number that follows is about {used!r}, not about {asked!r}.\n"
        f"Why: {reason}\n{line}"
    )


def prepare(
    interactions: Interactions, slot: DatasetSlot
) -> tuple[SequenceStore, Mapping[str, Any]]:
    """Clean interactions and lay them flat, in time order; also report what was dropped and why.

    In this order: rows that repeat user, item and time exactly (only where there are times);
    minimum counts of users and items, until nothing changes; a stable sort by user and time. Users
    and items are numbered by their first appearance in the rows that are left, in the order of the
    source.
    Raises DataError if nothing is left, TypeError if the data set broke its contract.
    """
    frame = _checked(interactions.frame)
    rows, report = clean(Codes.of(frame), slot)
    if not len(rows):
        raise DataError(nothing_left(len(frame), slot))
    report = {"source_rows": len(frame), **interactions.counts, **report, "rows": len(rows)}
    return _lay_flat(interactions, rows), report


def _lay_flat(interactions: Interactions, rows: np.ndarray) -> SequenceStore:
    frame = interactions.frame.iloc[rows]
    codes = Codes.of(frame)
    users, user_codes = pd.factorize(codes.users)
    items, item_codes = pd.factorize(codes.items)
    order = time_order(users, codes.times)
    item_ids = _words(frame["item"].cat.categories, item_codes)
    titles = interactions.item_frame
    return SequenceStore(
        items=(items[order] + 1).astype(np.int32),
        offsets=np.concatenate([[0], np.bincount(users).cumsum()]),
        source_rows=rows[order],
        user_ids=_words(frame["user"].cat.categories, user_codes),
        item_ids=item_ids,
        times=None if codes.times is None else codes.times[order],
        columns=_further_columns(frame, order),
        item_frame=None if titles is None else titles.reindex(item_ids),
        oracle=interactions.oracle and partial(_oracle_of_kept, interactions.oracle, item_codes),
    )


def _words(categories: pd.Index, codes: np.ndarray) -> np.ndarray:
    words: np.ndarray = np.asarray(categories, dtype=object)[codes]
    return words


def _further_columns(frame: pd.DataFrame, order: np.ndarray) -> dict[str, np.ndarray]:
    """Return columns of numbers, floats as float32 (not every device has float64), and texts."""
    columns = {}
    for name in frame.columns.drop(["user", "item", "time"], errors="ignore"):
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            columns[str(name)] = frame[name].astype(object).fillna("").to_numpy(dtype=str)[order]
            continue
        values = frame[name].to_numpy()
        if np.issubdtype(values.dtype, np.floating):
            columns[str(name)] = values[order].astype(np.float32)
        elif np.issubdtype(values.dtype, np.integer):
            columns[str(name)] = values[order].astype(np.int64)
    return columns


def _oracle_of_kept(oracle: Oracle, item_codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Bring an oracle's columns into the order of the store: item i is column i - 1."""
    probabilities: np.ndarray = oracle(rows)[:, item_codes]
    return probabilities


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    """Raise TypeError where a data set's frame is not what Interactions promises."""
    for name in ("user", "item"):
        if not isinstance(frame.dtypes.get(name), pd.CategoricalDtype):
            raise TypeError(f"the frame of a data set needs a categorical column {name!r}")
        kind = pd.api.types.infer_dtype(frame[name].cat.categories, skipna=False)
        if frame[name].hasnans or kind not in ("string", "empty"):
            raise TypeError(f"the {name} ids of a data set must be text, none of them missing")
    if "time" in frame and frame["time"].dtype != np.int64:
        raise TypeError(f"the times of a data set must be int64, found {frame['time'].dtype}")
    return frame
