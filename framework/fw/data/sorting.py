"""Sorting more rows than memory holds: by DuckDB, which lays what does not fit on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from fw.data.coded import AgainError, Coding
from fw.errors import DataError
from fw.extras import require_extra

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS = 1 << 20  # of a batch that comes back


def sorted_batches(coding: Coding, folder: Path) -> Iterator[pa.RecordBatch]:
    """Yield all rows by user, then time, then the order of the source, without that order.

    ``folder`` is for a database file, and for what does not fit into ``coding.parts.memory``.
    Raises what reading does, and DataError where memory and disk together are too small.
    """
    require_extra("reading a data set in parts", "large", "duckdb")
    with _explained(coding, folder), _connected(coding, folder) as connection:
        while not _is_filled(connection, coding):
            pass
        # In quotes: without them user is the name of who asks, the same for all rows.
        order = '"user", "time", "row"' if coding.timed else '"user", "row"'
        found = connection.sql(f"SELECT * FROM log ORDER BY {order}").to_arrow_reader(_ROWS)
        yield from found or ()


def _is_filled(connection: DuckDBPyConnection, coding: Coding) -> bool:
    """Fill the table; False where that has to begin again."""
    words = "CREATE OR REPLACE TABLE log AS"
    try:
        for batch in coding.batches():
            connection.register("batch", pa.Table.from_batches([batch]))
            connection.execute(f"{words} SELECT * FROM batch")
            words = "INSERT INTO log"
    except AgainError:
        return False
    return True


@contextmanager
def _connected(coding: Coding, folder: Path) -> Iterator[DuckDBPyConnection]:
    import duckdb  # a large library: only where there is something to sort

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{round(coding.parts.memory * 1024)}MiB",
        "temp_directory": str(folder / "spilled"),
        "preserve_insertion_order": "false",
    }
    with duckdb.connect(str(folder / "log.duckdb"), config=settings) as connection:
        yield connection


@contextmanager
def _explained(coding: Coding, folder: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise DataError(
            f"{coding.rows:,} interactions cannot be sorted within {coding.parts.memory:g} GiB of "
            f"memory and what is free on the disk of {folder.parent.absolute()}: {error}\n"
            "    make room there, move the cache by FW_CACHE_DIR, or raise memory_limit"
        ) from error
