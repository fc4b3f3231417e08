"""What stands between the columns of a text file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import attrs

# In the order in which they are tried; a blank stands for any run of blanks and tabs.
SEPARATORS = ("\t", "::", ",", ";", "|", " ")
_SHOWN = {"\t": r"\t"}
# Takes the place of a separator of several characters; a control character made for that.
_UNIT = "\x1f"
_SNIFFED_LINES = 20
_BLANK_EDGES = (b"\n ", b" \n", b" \r")


@attrs.frozen
class Separated:
    """Text with a single character between its columns; it begins on line ``first_line``.

    ``quoted``: whether quotation marks may enclose a cell. Where columns are parted by blanks or by
    several characters, they always mean themselves.
    """

    text: bytes
    separator: str
    quoted: bool
    first_line: int = 1

    @classmethod
    def of(cls, text: bytes, separator: str, *, quoted: bool = True) -> Separated:
        """Prepare the text of a file whose columns are parted by ``separator`` (any length)."""
        if separator == " ":
            return cls(_single_blanks(text), " ", quoted=False)
        if len(separator) == 1:
            return cls(text, separator, quoted)
        return cls(text.replace(separator.encode(), _UNIT.encode()), _UNIT, quoted=False)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each record begins, and its cells; blank lines are passed over.

        Exact and slow: for the first lines, and for the place that an error is about. Ends at a
        quotation mark that is never closed.
        """
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        reader = csv.reader(_lines(self.text), delimiter=self.separator, quoting=quoting)
        while True:
            line = self.first_line + reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:  # an open quotation mark has swallowed more than a cell may hold
                yield line, []
                return
            if cells:
                yield line, cells

    def after(self, line: int) -> Separated:
        """Return what follows the line of that number."""
        skipped = sum(map(len, islice(_raw_lines(self.text), line - self.first_line + 1)))
        return attrs.evolve(self, text=self.text[skipped:], first_line=line + 1)


def _single_blanks(text: bytes) -> bytes:
    text = re.sub(rb"[ \t]+", b" ", text) if b"\t" in text or b"  " in text else text
    if text[:1] == b" " or text[-1:] == b" " or any(edge in text for edge in _BLANK_EDGES):
        text = re.sub(rb"(?m)^ | (?=\r?$)", b"", text)
    return text


def _raw_lines(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start) + 1 or len(text)
        yield from text[start:end].splitlines(keepends=True)
        start = end


def _lines(text: bytes) -> Iterator[str]:
    return (line.decode() for line in _raw_lines(text))


def shown(separator: str) -> str:
    r"""Return a separator as a recipe has it: ``"\t"``."""
    return f'"{_SHOWN.get(separator, separator)}"'


def sniff(text: bytes) -> str | None:
    """Return the first separator that parts the first lines alike, into 2 columns or more."""
    head = b"".join(islice(_raw_lines(text), _SNIFFED_LINES))
    counts = {one: set(_column_counts(head, one)) for one in SEPARATORS}
    return next((one for one in SEPARATORS if len(counts[one]) == 1 and min(counts[one]) > 1), None)


def alternatives(text: bytes) -> Sequence[tuple[str, int]]:
    """Return the separators that part line 1 into several columns, and how many; most first."""
    head = b"".join(islice(_raw_lines(text), 1))
    found = [(one, next(_column_counts(head, one), 0)) for one in SEPARATORS]
    return sorted((pair for pair in found if pair[1] > 1), key=lambda pair: -pair[1])


def _column_counts(head: bytes, separator: str) -> Iterator[int]:
    return (len(cells) for _, cells in Separated.of(head, separator).records())


def is_separator(instance: object, attribute: attrs.Attribute[Any], value: str | None) -> None:
    """Validate a setting: raise ValueError for nothing at all, or for what ends a line."""
    if value is not None and (not value or "\n" in value or "\r" in value):
        raise ValueError(f"{attribute.name} must be one or more characters, found {value!r}")
