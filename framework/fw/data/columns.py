"""Columns of a table turned into ids, times and numbers, without losing any of what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fw.errors import DataError

if TYPE_CHECKING:
    from fw.data.tables import Table

_ISO = "an ISO date such as 2001-12-31 or 2001-12-31T23:59:59"
_DECIMAL_PLACES = (0, 3, 6, 9)
_REFUSED = (pa.ArrowInvalid, pa.ArrowNotImplementedError)


@attrs.frozen
class Column:
    """A column of a table, called ``name`` in messages; ``rows`` says which rows it still has."""

    table: Table
    name: str
    cells: pa.ChunkedArray
    rows: np.ndarray

    def is_blank(self) -> np.ndarray:
        """Return bool, [rows]: cells that are missing or hold nothing but blanks."""
        blank = pc.is_null(self.cells)
        if _is_text(self.cells.type):
            bare = pc.equal(pc.utf8_trim_whitespace(self.cells), "")
            blank = pc.or_(blank, pc.fill_null(bare, True))
        return np.asarray(blank)

    def keep(self, mask: np.ndarray) -> Column:
        """Return the column with only the rows where ``mask`` ([rows] bool) is true."""
        return attrs.evolve(self, cells=self.cells.filter(pa.array(mask)), rows=self.rows[mask])

    def ids(self) -> pd.Categorical:
        """Return ids as text, exactly as they are written; raises DataError for floating point."""
        if pa.types.is_floating(self.cells.type):
            raise DataError(
                f"{self.table.path}: the {self.name} ids are floating-point numbers\n"
                "    store them as text or as integers"
            )
        coded = pc.dictionary_encode(pc.cast(self.cells, pa.string()).combine_chunks())
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        words = pd.Index(coded.dictionary.to_numpy(zero_copy_only=False), dtype=object)
        return pd.Categorical.from_codes(coded.indices.to_numpy(), words)

    def times(self) -> np.ndarray:
        """Return times as int64, later is larger; raises DataError where one cannot be read.

        Integers are taken as they are. Decimal numbers are kept exactly, in thousandths,
        millionths or billionths, whichever is enough. ISO dates and times become nanoseconds since
        1970, in UTC if they have an offset. A column must be of one form throughout.
        """
        for form in range(len(_TIME_FORMS)):
            try:
                return self.times_of(form)
            except _REFUSED:
                continue
        raise DataError(self.no_time(time_forms(), 0)[1])

    def times_of(self, form: int) -> np.ndarray:
        """Return times as int64 of one form (:func:`time_forms`); raises what arrow does."""
        return _TIME_FORMS[form](self.cells)

    def is_time_of(self, form: int) -> bool:
        """Whether all of the column is of one form."""
        try:
            self.times_of(form)
        except _REFUSED:
            return False
        return True

    def no_time(self, forms: Sequence[int], before: int) -> tuple[int, str]:
        """Return the first row that is of none of some forms, and what there is to say of it.

        Rows are counted from the beginning of a table that has ``before`` rows before these.
        """
        row = max(self._first_failure(_TIME_FORMS[form]) for form in forms)
        return before + row, self._said_of_time(row, first=before + row == 0)

    def numbers(self) -> np.ndarray:
        """Return numbers as float64; raises DataError for what is none, or is not finite."""
        try:
            values = _as_numbers(self.cells)
        except _REFUSED:
            row = self._first_failure(_as_numbers)
            raise DataError(f"{self._at(row)} is not a number") from None
        if not np.isfinite(values).all():
            raise DataError(f"{self._at(int(np.argmin(np.isfinite(values))))} is not finite")
        return values

    def _at(self, row: int) -> str:
        place = self.table.place([int(self.rows[row])])
        return f"{self.table.path}, {place}: {self.name} {self.cells[row].as_py()!r}"

    def _said_of_time(self, row: int, *, first: bool) -> str:
        if first:
            return f"{self._at(row)} is neither a 64-bit integer, nor a decimal number, nor {_ISO}"
        return f"{self._at(row)} is no time of the form of the rows before it, or out of range"

    def _first_failure(self, convert: Callable[[pa.ChunkedArray], np.ndarray]) -> int:
        """Return the first row that cannot be converted, by halving."""
        good, bad = 0, len(self.cells)
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                convert(self.cells.slice(good, middle - good))
            except _REFUSED:
                bad = middle
            else:
                good = middle
        return good


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_integers(cells: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_floating(cells.type):
        cells = pc.cast(cells, pa.string())
    return np.asarray(pc.cast(_trimmed(cells), pa.int64()))


def _as_decimals(places: int) -> Callable[[pa.ChunkedArray], np.ndarray]:
    def convert(cells: pa.ChunkedArray) -> np.ndarray:
        text = _trimmed(pc.cast(cells, pa.string()))
        scaled = pc.multiply(pc.cast(text, pa.decimal256(40, places)), pa.scalar(10**places))
        return np.asarray(pc.cast(scaled, pa.int64()))

    return convert


def _as_instants(zone: str | None) -> Callable[[pa.ChunkedArray], np.ndarray]:
    def convert(cells: pa.ChunkedArray) -> np.ndarray:
        return np.asarray(pc.cast(pc.cast(_trimmed(cells), pa.timestamp("ns", zone)), pa.int64()))

    return convert


def _as_numbers(cells: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.cast(_trimmed(cells), pa.float64()))


def _trimmed(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_trim_whitespace(cells) if _is_text(cells.type) else cells


# Dates before decimals: a typed column of dates must not be cast to text and back.
_TIME_FORMS = (
    _as_integers,
    *(_as_instants(zone) for zone in (None, "UTC")),
    *(_as_decimals(places) for places in _DECIMAL_PLACES),
)


def time_forms() -> list[int]:
    """Return the forms that a column of times may have, in the order in which they are tried."""
    return list(range(len(_TIME_FORMS)))
