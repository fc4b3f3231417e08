"""Parquet files whose bytes may not be those that were written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from fw.errors import RunError

# What reading one raises; names of columns that are no text show only when they are decoded.
UNREADABLE = (pa.ArrowException, UnicodeDecodeError, OSError)


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a file of a run, all or some of its columns; raises RunError if it is damaged."""
    try:
        return pd.read_parquet(path, columns=None if columns is None else list(columns))
    except UNREADABLE as error:
        raise RunError(f"cannot read {path}: {error}") from error
