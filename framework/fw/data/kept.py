"""Cleaned data in one file on the disk: written whole or not at all, and never trusted blindly.

A zip file without compression: arrays as ``.npy``, texts and the item frame as Arrow, the rest as
JSON. The checksum that zip keeps of every member tells a damaged file from a good one, and nothing
in it is ever unpickled. Every member begins at a multiple of 64 bytes, so that large arrays are
mapped where they lie: no more of them is in memory than is in use.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fw.data import zipped
from fw.data.sequences import SequenceStore
from fw.engine.folders.files import write_atomically

ABOUT = "about.json"
_ARRAYS = ("items", "offsets", "source_rows", "times")
_COLUMN = "column/"


class NotKeepableError(Exception):
    """The file would not give back just what was put in."""


class DamagedError(Exception):
    """The file is not, or no longer, what was written."""


def write(path: Path, store: SequenceStore, about: Mapping[str, Any]) -> None:
    """Write a store, and ``about``, which JSON must be able to hold.

    Raises NotKeepableError for what cannot be stored, RunError where the disk refuses.
    """
    members = {ABOUT: json.dumps(about, allow_nan=False).encode(), **_members(store)}
    write_atomically(path, lambda beside: zipped.write(beside, members))


def read_about(path: Path) -> Any:
    """Return what was said about the store; raises DamagedError."""
    return _guarded(path, lambda file: json.loads(file.read(ABOUT)))


def read(path: Path) -> SequenceStore:
    """Return the store, its large arrays mapped from the file; raises DamagedError."""
    store: SequenceStore = _guarded(path, lambda file: _store(zipped.members(path, file)))
    return store


def _guarded(path: Path, read: Any) -> Any:
    try:
        with zipfile.ZipFile(path) as file:
            return read(file)
    except Exception as error:  # whatever a library makes of a file that is not its own
        raise DamagedError(f"{type(error).__name__}: {error}") from error


def _members(store: SequenceStore) -> dict[str, zipped.Content]:
    if store.oracle is not None:
        raise NotKeepableError("its best reachable score is a function")
    arrays = {name: getattr(store, name) for name in _ARRAYS}
    arrays |= {f"{_COLUMN}{name}": values for name, values in store.columns.items()}
    members: dict[str, zipped.Content] = {
        f"{name}.npy": values for name, values in arrays.items() if values is not None
    }
    members["users.arrow"] = _table_bytes(pa.table({"id": pa.array(store.user_ids, pa.string())}))
    members["items.arrow"] = _table_bytes(pa.table({"id": pa.array(store.item_ids, pa.string())}))
    if store.item_frame is not None:
        members["item_frame.arrow"] = _table_bytes(frame_table(store.item_frame))
    return members


def _store(members: Mapping[str, zipped.Content]) -> SequenceStore:
    arrays = {
        name.removesuffix(".npy"): values
        for name, values in members.items()
        if isinstance(values, np.ndarray)
    }
    columns = {name: values for name, values in arrays.items() if name.startswith(_COLUMN)}
    item_ids = _words(members["items.arrow"])
    frame = members.get("item_frame.arrow")
    return SequenceStore(
        items=arrays["items"],
        offsets=arrays["offsets"],
        source_rows=arrays["source_rows"],
        times=arrays.get("times"),
        user_ids=_words(members["users.arrow"]),
        item_ids=item_ids,
        columns={name.removeprefix(_COLUMN): values for name, values in columns.items()},
        item_frame=None if frame is None else _table(frame).to_pandas(),
    )


def frame_table(frame: pd.DataFrame) -> pa.Table:
    """Turn a frame into a table, index and all; raises NotKeepableError if it would change."""
    try:
        table = pa.Table.from_pandas(frame, preserve_index=True)
    except (pa.ArrowException, TypeError) as error:
        raise NotKeepableError(f"its item frame cannot be written: {error}") from error
    back = table.to_pandas()
    if not (back.dtypes.equals(frame.dtypes) and back.equals(frame)):
        raise NotKeepableError("its item frame has columns of neither text nor numbers")
    return table


def _table_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _table(data: zipped.Content) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


def _words(data: zipped.Content) -> np.ndarray:
    words: np.ndarray = _table(data)["id"].to_numpy(zero_copy_only=False)
    return words.astype(object)
