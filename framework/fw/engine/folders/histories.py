"""What a run keeps of its data, so that it can recommend without them: items and histories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from fw.data.kept import NotKeepableError, frame_table
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.engine.folders.folder import RunFolder
from fw.errors import RunError
from fw.parquet import UNREADABLE

ITEMS, HISTORIES = "items.parquet", "histories.parquet"
_COLUMN = "column "


def write_histories(
    folder: RunFolder, split: Split, *, times: bool = False, columns: Sequence[str] = ()
) -> None:
    """Keep all items and every user's history, as two parquet files in the run folder.

    ``items.parquet`` has a row an item, in the order of the items' numbers: its id in ``item``,
    and what the data set says of items (``title`` ...). ``histories.parquet`` has a row a user:
    ``user`` (id), ``items`` (rows of the other file, counted from 1; oldest first) and ``trained``
    (how many of them, from the oldest on, were trained on); with ``times``, for encoders that ask
    for them, also ``times``; and of each of ``columns`` of interactions, such as ``rating``, a list
    under ``column rating``. Neither is written where the data set says something of items that
    parquet would not give back: the data set is then needed again.
    """
    try:
        items = frame_table(_item_frame(split.store))
    except NotKeepableError:
        return
    folder.write_table(ITEMS, items)
    folder.write_table(HISTORIES, _history_table(split, times, columns))


def read_histories(folder: RunFolder) -> Split | None:
    """Return what was kept, without cases, and without times and columns that were not.

    None if nothing was kept.

    Raises RunError for files that are damaged.
    """
    if not (folder.path / HISTORIES).exists() or not (folder.path / ITEMS).exists():
        return None
    frame = _read(folder.path / ITEMS).to_pandas()
    table = _read(folder.path / HISTORIES)
    lengths = np.asarray(pa.compute.list_value_length(table["items"]))
    items = _laid_flat(table["items"])
    store = SequenceStore(
        items=items,
        offsets=np.append(0, lengths.cumsum()).astype(np.int64),
        source_rows=np.arange(len(items)),
        user_ids=np.asarray(table["user"].to_pylist(), dtype=object),
        item_ids=np.asarray(frame.index.tolist(), dtype=object),
        times=_laid_flat(table["times"]) if "times" in table.column_names else None,
        columns={
            name.removeprefix(_COLUMN): _laid_flat(table[name])
            for name in table.column_names
            if name.startswith(_COLUMN)
        },
        item_frame=frame if len(frame.columns) else None,
    )
    none = CaseList(*(np.array([], dtype=np.int64) for _ in range(2)))
    trained = table["trained"].to_numpy().copy()
    return Split(store=store, train_lengths=trained, valid=none, test=none)


def read_item_ids(folder: RunFolder) -> np.ndarray:
    """Return the raw ids of a run's items 1..N; raises RunError if it keeps none."""
    if not (folder.path / ITEMS).exists():
        raise RunError(f"the run keeps no list of its items: {folder.path.absolute()}")
    return np.asarray(_read(folder.path / ITEMS).to_pandas().index.tolist(), dtype=object)


def _item_frame(store: SequenceStore) -> pd.DataFrame:
    ids = pd.Index(store.item_ids, name="item", dtype=object)
    frame = store.item_frame
    if frame is None:
        return pd.DataFrame(index=ids)
    if "item" in frame:
        raise NotKeepableError("a column of its item frame is called item")
    return frame.set_axis(ids)


def _history_table(split: Split, times: bool, names: Sequence[str]) -> pa.Table:
    store = split.store
    columns = {
        "user": pa.array(store.user_ids, pa.string()),
        "items": _lists(pa.array(store.items, pa.int32()), store),
        "trained": pa.array(split.train_lengths, pa.int64()),
    }
    if times:
        columns["times"] = _lists(pa.array(store.times, pa.int64()), store)
    for name in names:
        columns[f"{_COLUMN}{name}"] = _lists(pa.array(store.columns[name]), store)
    return pa.table(columns)


def _lists(values: pa.Array, store: SequenceStore) -> pa.Array:
    """Cut values of all interactions into a list a user."""
    return pa.LargeListArray.from_arrays(pa.array(store.offsets, pa.int64()), values)


def _laid_flat(lists: pa.ChunkedArray) -> np.ndarray:
    """Return the values of all lists, in memory of its own: torch wants to write."""
    flat: np.ndarray = lists.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.astype(str) if flat.dtype == object else flat.copy()


def _read(path: Path) -> pa.Table:
    try:
        return pa.parquet.read_table(path)
    except UNREADABLE as error:
        raise RunError(f"cannot read {path}: it is cut short, damaged, or no parquet") from error
