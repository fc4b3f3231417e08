"""The tables of files that memory would not hold, piece by piece, and files that are parts of one.

A piece is a table like any other, and knows where its rows stand in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import attrs
import pyarrow as pa
import pyarrow.parquet

from fw.data.blocks import blocks, count_lines
from fw.data.separators import Separated
from fw.data.tables import NAMED, Table, named, readable
from fw.data.text_tables import TextTable, choose_separator
from fw.errors import DataError


class Form(Protocol):
    """How files are read: as text, or as parquet."""

    def pieces(self, path: Path) -> Iterator[Table]:
        """Yield the pieces of a file, which may have no rows; raises DataError."""

    def columns_of(self, path: Path) -> Mapping[str, str]:
        """Return what columns a file has, with what they hold; raises DataError."""


@attrs.frozen(kw_only=True)
class TextForm:
    """Text with one interaction a line: the settings of :meth:`TextTable.open`."""

    separator: str | None = None
    header: bool = True
    names: tuple[str, ...] = ()
    encoding: str = "utf-8"

    def pieces(self, path: Path) -> Iterator[Table]:
        """Yield tables of whole lines."""
        separator, first, lines = self.separator, None, 1
        for text in blocks(path, encoding=self.encoding, quoted=self._quoted):
            if first is None:
                separator = separator or choose_separator(text)
                first = self._first(path, text, separator)
                table = first
            else:
                body = attrs.evolve(Separated.of(text, separator or ""), first_line=lines)
                table = attrs.evolve(first, body=body)
            if table.body.text.strip():
                yield table
            lines += count_lines(text)

    def columns_of(self, path: Path) -> Mapping[str, str]:
        """Return the names of the columns, or their numbers; all hold text."""
        text = next(blocks(path, encoding=self.encoding, quoted=self._quoted))
        table = self._first(path, text, self.separator or choose_separator(text))
        return dict.fromkeys(table.names or map(str, range(table.num_columns)), "text")

    def _first(self, path: Path, text: bytes, separator: str | None) -> TextTable:
        return TextTable.of(
            path, text, separator=separator, header=self.header, names=self.names, quoted=True
        )

    @property
    def _quoted(self) -> bool:
        return self.separator is None or (len(self.separator) == 1 and self.separator != " ")


class ParquetForm:
    """Parquet, a row group at a time."""

    def pieces(self, path: Path) -> Iterator[Table]:
        """Yield row groups."""
        with _opened(path) as file:
            before = 0
            for group in range(file.num_row_groups):
                yield RowGroup(path, tuple(file.schema_arrow.names), file, group, before)
                before += file.metadata.row_group(group).num_rows

    def columns_of(self, path: Path) -> Mapping[str, str]:
        """Return the columns with their types; how text is stored makes no difference."""
        with _opened(path) as file:
            return {field.name: _kind(field.type) for field in file.schema_arrow}


@attrs.frozen(eq=False)
class RowGroup:
    """A row group of a parquet file, read column by column when it is asked for."""

    path: Path
    names: tuple[str, ...]
    file: pa.parquet.ParquetFile
    number: int
    before: int  # rows of the file

    @property
    def num_columns(self) -> int:
        """How many columns there are."""
        return len(self.names)

    def columns(self, numbers: Sequence[int]) -> list[pa.ChunkedArray]:
        """Read columns with the types that they have."""
        wanted = [self.names[number] for number in numbers]
        with readable(self.path):
            table = self.file.read_row_group(self.number, columns=wanted, use_threads=False)
            table.validate(full=True)  # text may be no text
        return [table.column(name) for name in wanted]

    def place(self, rows: Sequence[int]) -> str:
        """Name rows of the file, from 1, at most the first five."""
        return named("row", [self.before + row + 1 for row in rows[:NAMED]], len(rows))


def require_alike(form: Form, files: Sequence[Path]) -> None:
    """Raise DataError where a part lacks a column of the first part, or has another type of it."""
    if len(files) == 1:
        return
    first = form.columns_of(files[0])
    for path in files[1:]:
        found = form.columns_of(path)
        for name in first:
            if found.get(name) != first[name]:
                there = f"holds {found[name]}" if name in found else "is missing"
                raise DataError(
                    f"{path}: its columns are not those of {files[0].name}: {name} {there}, where "
                    f"it holds {first[name]}\n    all parts of a data set must be alike"
                )


def _opened(path: Path) -> pa.parquet.ParquetFile:
    with readable(path):
        return pa.parquet.ParquetFile(path)


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return "string" if pa.types.is_large_string(kind) else str(kind)
