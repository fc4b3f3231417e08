"""Cleaning in bounded memory: what :mod:`fw.data.prepare` does, to the same store, by pieces.

In memory are ids, counts of users and items, and one byte for every interaction; all else is in
files, and a span of users at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import numpy as np

from fw.config.slots import DatasetSlot
from fw.data.cleaning import core_report, duplicates_report, nothing_left, order_report
from fw.data.coded import Coding, InteractionParts
from fw.data.sequences import SequenceStore
from fw.data.sorted_log import Files, SortedLog
from fw.data.sorting import sorted_batches
from fw.data.spans import owners, spans
from fw.engine.folders.files import make_folder
from fw.errors import DataError

_NEVER = np.iinfo(np.int64).max


def prepare_parts(
    parts: InteractionParts, slot: DatasetSlot, folder: Path
) -> tuple[SequenceStore, Mapping[str, Any]]:
    """Clean interactions and lay them flat in files below ``folder``; also report what was dropped.

    The files are gone with the process. Raises DataError for what is wrong with the data, or where
    nothing is left, RunError where the disk refuses.
    """
    make_folder(folder)
    with TemporaryDirectory(dir=folder, prefix=".made-", ignore_cleanup_errors=True) as made:
        coding = Coding(parts)
        log = SortedLog.written(sorted_batches(coding, Path(made)), Path(made))
        (Path(made) / "log.duckdb").unlink(missing_ok=True)
        return _cleaned(log, coding, slot, Files(_subfolder(Path(made))))


def _subfolder(folder: Path) -> Path:
    (folder / "flat").mkdir()
    return folder / "flat"


def _cleaned(
    log: SortedLog, coding: Coding, slot: DatasetSlot, files: Files
) -> tuple[SequenceStore, Mapping[str, Any]]:
    kept = np.ones(coding.rows, dtype=bool)
    found = _mark_repeated(log, kept, drop=slot.duplicates == "drop") if coding.timed else None
    before = _Counts.of(log, kept, len(coding.items))
    after, passes = _core(log, kept, before, slot)
    if not after.rows:
        raise DataError(nothing_left(coding.rows, slot))
    skipped = {"blank_rows_skipped": coding.skipped} if coding.parts.blank == "skip" else {}
    report = {
        "source_rows": coding.rows,
        **skipped,
        "duplicates": duplicates_report(found, slot),
        "minimum_counts": core_report(before.sizes(), after.sizes(), slot, passes),
        "order": order_report(coding.timed),
        "rows": after.rows,
    }
    return _lay_flat(log, kept, coding, files), report


def _mark_repeated(log: SortedLog, kept: np.ndarray, *, drop: bool) -> int:
    """Count rows that repeat user, item and time, and take them out of ``kept`` if asked."""
    found = 0
    for where, repeated in log.is_repeated():
        found += int(repeated.sum())
        if drop:
            kept[where] &= ~repeated
    return found


@attrs.frozen(eq=False)
class _Counts:
    """How many of the rows that are left each user and each item has."""

    users: np.ndarray  # [U]
    items: np.ndarray  # [N]

    @classmethod
    def of(cls, log: SortedLog, kept: np.ndarray, num_items: int) -> _Counts:
        users = np.zeros(len(log.offsets) - 1, dtype=np.int64)
        items = np.zeros(num_items, dtype=np.int64)
        for first, last, left in _left(log, kept):
            users[first:last] = np.bincount(
                owners(log.offsets, first, last)[left], minlength=last - first
            )
            items += np.bincount(log.part("item", first, last)[left], minlength=num_items)
        return cls(users, items)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.users.sum())

    def sizes(self) -> tuple[int, int, int]:
        """Return how many rows, users and items there are."""
        return self.rows, int(np.count_nonzero(self.users)), int(np.count_nonzero(self.items))


def _left(log: SortedLog, kept: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield spans of users with what is left of their rows (a view of ``kept``)."""
    for first, last in log.spans():
        yield first, last, kept[log.offsets[first] : log.offsets[last]]


def _core(
    log: SortedLog, kept: np.ndarray, counts: _Counts, slot: DatasetSlot
) -> tuple[_Counts, int]:
    """Take rows of users and items with too few out of ``kept``, until nothing changes."""
    passes = 0
    while counts.rows:
        users = counts.users >= slot.min_user_count
        items = counts.items >= slot.min_item_count
        if (users | (counts.users == 0)).all() and (items | (counts.items == 0)).all():
            break
        for first, last, left in _left(log, kept):
            left &= users[first:last][owners(log.offsets, first, last)]
            left &= items[log.part("item", first, last)]
        counts, passes = _Counts.of(log, kept, len(counts.items)), passes + 1
    return counts, passes


def _lay_flat(log: SortedLog, kept: np.ndarray, coding: Coding, files: Files) -> SequenceStore:
    """Write what is left with users and items in the order of their first appearance in it."""
    users, items = _first_rows(log, kept, len(coding.items))
    by_user, by_item = _by_appearance(users), _by_appearance(items)
    numbers = np.zeros(len(items), dtype=np.int32)
    numbers[by_item] = np.arange(1, len(by_item) + 1)
    lengths = [_write(log, kept, chosen, numbers, files) for chosen in _chosen(log, by_user)]
    arrays = files.mapped()
    return SequenceStore(
        items=arrays["item"],
        offsets=np.append(0, np.concatenate(lengths).cumsum()),
        source_rows=arrays["row"],
        times=arrays.get("time"),
        user_ids=coding.users.words()[by_user],
        item_ids=coding.items.words()[by_item],
        columns={n: arrays[f"column/{n}"] for n in coding.parts.layout.more},
    )


def _first_rows(log: SortedLog, kept: np.ndarray, num_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of the source that is left of each user and of each item."""
    users, items = np.full(len(log.offsets) - 1, _NEVER), np.full(num_items, _NEVER)
    for first, last, left in _left(log, kept):
        rows = log.part("row", first, last)[left]
        np.minimum.at(users[first:last], owners(log.offsets, first, last)[left], rows)
        np.minimum.at(items, log.part("item", first, last)[left], rows)
    return users, items


def _by_appearance(first_rows: np.ndarray) -> np.ndarray:
    """Return the numbers of those that appear at all, in the order in which they do."""
    order = np.argsort(first_rows, kind="stable")
    return order[: np.count_nonzero(first_rows < _NEVER)]


def _chosen(log: SortedLog, by_user: np.ndarray) -> Iterator[np.ndarray]:
    """Cut the users that are left into lots, in their order."""
    ends = np.append(0, np.diff(log.offsets)[by_user].cumsum())
    for first, last in spans(ends):
        yield by_user[first:last]


def _write(
    log: SortedLog, kept: np.ndarray, chosen: np.ndarray, numbers: np.ndarray, files: Files
) -> np.ndarray:
    """Write what is left of the chosen users; return how much that is of each."""
    lengths = np.diff(log.offsets)[chosen]
    starts = log.offsets[chosen] - (lengths.cumsum() - lengths)
    places = np.repeat(starts, lengths) + np.arange(lengths.sum())
    left = kept[places]
    taken = {name: values[places[left]] for name, values in log.arrays.items()}
    files.append({**taken, "item": numbers[taken["item"]]})
    return np.bincount(np.repeat(np.arange(len(chosen)), lengths)[left], minlength=len(chosen))
