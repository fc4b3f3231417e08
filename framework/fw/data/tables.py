"""Tables of interactions as files have them: columns of cells, and where each row stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import attrs
import pyarrow as pa
import pyarrow.parquet

from fw.errors import DataError
from fw.parquet import UNREADABLE

NAMED = 5  # so many lines are named in a message


class Table(Protocol):
    """Columns of a file, by number."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """What the columns are called, None where the file does not say."""

    @property
    def num_columns(self) -> int:
        """How many columns there are."""

    def columns(self, numbers: Sequence[int]) -> list[pa.ChunkedArray]:
        """Read columns, from 0: text, or in a typed file what it has."""

    def place(self, rows: Sequence[int]) -> str:
        """Say where rows (from 0) stand, such as "lines 6, 7"."""


def named(word: str, places: Sequence[int], count: int) -> str:
    """Name the first of ``count`` places, such as "lines 6, 7, 8" or "row 3"."""
    first = ", ".join(str(place) for place in places[:NAMED])
    more = f" and {count - NAMED} more" if count > NAMED else ""
    return f"{word}{'s' * (count > 1)} {first}{more}"


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raise DataError where a parquet file cannot be read inside."""
    try:
        yield
    except UNREADABLE as error:
        raise DataError(f"{path}: not a readable parquet file: {error}") from error


@attrs.frozen
class ParquetTable:
    """A parquet file: columns have names and types of their own."""

    path: Path
    names: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> ParquetTable:
        """Read what columns there are; raises DataError if it is not a parquet file."""
        with readable(path):
            return cls(path, tuple(pa.parquet.read_schema(path).names))

    @property
    def num_columns(self) -> int:
        """How many columns there are."""
        return len(self.names)

    def columns(self, numbers: Sequence[int]) -> list[pa.ChunkedArray]:
        """Read columns with the types that they have."""
        wanted = [self.names[number] for number in numbers]
        with readable(self.path):
            table = pa.parquet.read_table(self.path, columns=wanted)
            table.validate(full=True)  # text may be no text
        if not len(table):
            raise DataError(f"{self.path}: no interactions: the table has no rows")
        return [table.column(name) for name in wanted]

    def place(self, rows: Sequence[int]) -> str:
        """Name rows, from 1, at most the first five."""
        return named("row", [row + 1 for row in rows[:NAMED]], len(rows))
