"""Cleaned data in one file on the disk: written whole or not at all, and never trusted blindly.

A zip file without compression: arrays as ``.npy``, texts and the item frame as Arrow, the rest as
JSON. The checksum that zip keeps of every member tells a damaged file from a good one, and nothing
in it is ever unpickled.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fw.data.sequences import SequenceStore
from fw.engine.files import write_atomically

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
    write_atomically(path, lambda beside: _write_zip(beside, members))


def read_about(path: Path) -> Any:
    """Return what was said about the store; raises DamagedError."""
    return json.loads(_read_zip(path, [ABOUT])[ABOUT])


def read(path: Path) -> SequenceStore:
    """Return the store; raises DamagedError."""
    members = _read_zip(path)
    try:
        return _store(members)
    except Exception as error:  # whatever a library makes of a file that is not its own
        raise DamagedError(f"{type(error).__name__}: {error}") from error


def _members(store: SequenceStore) -> dict[str, bytes]:
    if store.oracle is not None:
        raise NotKeepableError("its best reachable score is a function")
    arrays = {name: getattr(store, name) for name in _ARRAYS}
    arrays |= {f"{_COLUMN}{name}": values for name, values in store.columns.items()}
    members = {f"{k}.npy": _array_bytes(v) for k, v in arrays.items() if v is not None}
    members["users.arrow"] = _table_bytes(pa.table({"id": pa.array(store.user_ids, pa.string())}))
    members["items.arrow"] = _table_bytes(pa.table({"id": pa.array(store.item_ids, pa.string())}))
    if store.item_frame is not None:
        members["item_frame.arrow"] = _table_bytes(frame_table(store.item_frame))
    return members


def _store(members: Mapping[str, bytes]) -> SequenceStore:
    arrays = {
        name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        for name, data in members.items()
        if name.endswith(".npy")
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


def _array_bytes(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, values, allow_pickle=False)
    return buffer.getvalue()


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


def _table(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


def _words(data: bytes) -> np.ndarray:
    words: np.ndarray = _table(data)["id"].to_numpy(zero_copy_only=False)
    return words.astype(object)


def _write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, data in members.items():
            file.writestr(name, data)


def _read_zip(path: Path, names: list[str] | None = None) -> dict[str, bytes]:
    """Return members, all if none are named: each is compared with its checksum."""
    try:
        with zipfile.ZipFile(path) as file:
            return {name: file.read(name) for name in names or file.namelist()}
    except Exception as error:  # zipfile names no common type for a file that is not its own
        raise DamagedError(f"{type(error).__name__}: {error}") from error
