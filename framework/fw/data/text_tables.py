"""Text files with one interaction a line.

They are read by pyarrow with every cell as text, so that ``007``, ``NA`` and ``None`` are ids like
any other. What is wrong is reported with the file, the line and what would be right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.csv

from fw.data.separators import Separated, alternatives, shown, sniff
from fw.data.tables import NAMED, named
from fw.data.text import read_text
from fw.errors import DataError

NOTHING_BELOW = "no interactions: there is nothing below the header"
_BLOCK = 1 << 24  # bytes that the parser takes at a time: no row may be longer


@attrs.frozen
class TextTable:
    """A text file with one interaction a line."""

    path: Path
    names: tuple[str, ...] | None
    num_columns: int
    body: Separated

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        separator: str | None = None,
        header: bool = True,
        names: tuple[str, ...] = (),
        encoding: str = "utf-8",
        member: str | None = None,
        quoted: bool = True,
    ) -> TextTable:
        """Read a file and its first line.

        ``separator`` may be several characters, ``" "`` is any run of blanks, None finds out.
        ``names`` are those of the columns of a file without a header; ``member`` is the file wanted
        of a zip; ``quoted`` is whether quotation marks may enclose a cell. Raises DataError.
        """
        text = read_text(path, encoding=encoding, member=member)
        return cls.of(path, text, separator=separator, header=header, names=names, quoted=quoted)

    @classmethod
    def of(
        cls,
        path: Path,
        text: bytes,
        *,
        separator: str | None,
        header: bool,
        names: tuple[str, ...],
        quoted: bool,
    ) -> TextTable:
        """Read the first line of a file's text, or of the first block of it."""
        parted = _parted(path, text, separator, quoted)
        line, first = next(parted.records())
        if header:
            found = tuple(cell.strip() for cell in first)
            return cls(path, found, len(first), parted.after(line))
        _require_as_many(path, line, names, first)
        return cls(path, names or None, len(first), parted)

    def columns(self, numbers: Sequence[int]) -> list[pa.ChunkedArray]:
        """Read columns as text; raises DataError for rows that have more or fewer of them."""
        rejected: list[pa.csv.InvalidRow] = []
        try:
            table = self._parse(numbers, rejected)
        except pa.ArrowInvalid as error:  # rows of other lengths are rejected: this one is too long
            raise DataError(self._too_long(error)) from error
        if rejected:
            raise DataError(self._irregular(rejected))
        return [table.column(str(number)) for number in numbers]

    def place(self, rows: Sequence[int]) -> str:
        """Name the lines on which rows begin, at most the first five."""
        lines = list(_lines_of(self.body, rows[:NAMED]))
        return named("line", lines, len(rows))

    def _parse(self, numbers: Sequence[int], rejected: list[pa.csv.InvalidRow]) -> pa.Table:
        if not self.body.text.strip():
            raise DataError(f"{self.path}: {NOTHING_BELOW}")
        return pa.csv.read_csv(
            BytesIO(self.body.text),
            read_options=pa.csv.ReadOptions(
                use_threads=False,  # so that rejected rows know their number
                block_size=_BLOCK,
                column_names=[str(number) for number in range(self.num_columns)],
            ),
            parse_options=_parse_options(self.body, rejected),
            convert_options=_all_text([str(number) for number in numbers]),
        )

    def _too_long(self, error: Exception) -> str:
        message = f"{self.path}: a row is longer than {_BLOCK >> 20} MiB ({error})"
        hint = '\n    is there a quotation mark (") that is never closed?'
        return message + hint * self.body.quoted

    def _irregular(self, rejected: Sequence[pa.csv.InvalidRow]) -> str:
        row = rejected[0]
        place = self.place([row.number - 1])
        message = (
            f"{self.path}, {place}: {row.actual_columns} columns where the first has "
            f"{row.expected_columns}: {row.text[:80]}"
        )
        if self.body.quoted and row.text.count('"') % 2:
            message += '\n    a quotation mark (") is not closed'
        more = len(rejected) - 1
        return f"{message}\n    and so it is in {more} more" if more else message


def _parse_options(body: Separated, rejected: list[pa.csv.InvalidRow]) -> pa.csv.ParseOptions:
    def reject(row: pa.csv.InvalidRow) -> str:
        rejected.append(row)
        return "skip"

    return pa.csv.ParseOptions(
        delimiter=body.separator,
        quote_char='"' if body.quoted else False,
        newlines_in_values=body.quoted,
        invalid_row_handler=reject,
    )


def _all_text(columns: list[str]) -> pa.csv.ConvertOptions:
    return pa.csv.ConvertOptions(
        include_columns=columns,
        column_types=dict.fromkeys(columns, pa.string()),
        strings_can_be_null=False,
    )


def choose_separator(text: bytes) -> str | None:
    """Return what seems to stand between columns, None if nothing does."""
    return sniff(text) or _likeliest(text)


def _parted(path: Path, text: bytes, separator: str | None, quoted: bool) -> Separated:
    chosen = separator or choose_separator(text)
    if chosen is None:
        raise DataError(
            f"{path}: cannot tell what separates the columns; set separator\n"
            f"    the file begins: {text.strip()[:80].decode(errors='ignore').splitlines()[0]}"
        )
    parted = Separated.of(text, chosen, quoted=quoted)
    line, first = next(parted.records())
    if len(first) < 2:
        raise DataError(f"{path}, line {line}: {_one_column(text, chosen)}")
    return parted


def _likeliest(text: bytes) -> str | None:
    """Return what parts line 1 into most columns: some row must then be at fault, and is named."""
    return next((one for one, _ in alternatives(text)), None)


def _one_column(text: bytes, separator: str) -> str:
    message = f"only 1 column where columns are separated by {shown(separator)}"
    for better, count in alternatives(text)[:1]:
        message += f"\n    separator = {shown(better)} would give {count}"
    return message


def _require_as_many(path: Path, line: int, names: Sequence[str], first: Sequence[str]) -> None:
    if names and len(names) != len(first):
        raise DataError(
            f"{path}, line {line}: {len(first)} columns, but {len(names)} names: {', '.join(names)}"
        )


def _lines_of(body: Separated, rows: Sequence[int]) -> Iterator[int]:
    """Yield the lines on which the given rows (rising) begin."""
    wanted = set(rows)
    for number, (line, _) in enumerate(islice(body.records(), max(rows) + 1)):
        if number in wanted:
            yield line
