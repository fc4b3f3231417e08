"""Pieces of interactions as numbers: ids by their first appearance, times in one form for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa

from fw.data.columns import Column, time_forms
from fw.data.interactions import Interactions
from fw.data.pieces import Form, require_alike
from fw.data.reading import ALL_BLANK, Layout, read_columns
from fw.data.tables import Table
from fw.data.text_tables import NOTHING_BELOW
from fw.errors import DataError


@attrs.frozen(eq=False, kw_only=True)
class InteractionParts:
    """Interactions to be read piece by piece, where memory would not hold all at once.

    ``memory`` is what sorting them may use, in GiB; what does not fit goes to the disk.
    """

    form: Form
    files: tuple[Path, ...]
    layout: Layout
    blank: Literal["error", "skip"]
    memory: float

    def pieces(self) -> Iterator[Table]:
        """Yield the pieces of all files; raises DataError where files are not alike."""
        require_alike(self.form, self.files)
        for path in self.files:
            yield from self.form.pieces(path)

    def at_once(self) -> Interactions:
        """Read everything into memory: for data that fits there, such as that of tests."""
        coding = Coding(self)
        read: list[pa.RecordBatch] | None = None
        while read is None:
            try:
                read = list(coding.batches())
            except AgainError:
                continue
        frame = pa.Table.from_batches(read).to_pandas().drop(columns="row")
        frame["user"] = pd.Categorical.from_codes(frame["user"], pd.Index(coding.users.words()))
        frame["item"] = pd.Categorical.from_codes(frame["item"], pd.Index(coding.items.words()))
        counts = {"blank_rows_skipped": coding.skipped} if self.blank == "skip" else {}
        names = {name: name.removeprefix("column/") for name in frame}
        return Interactions(frame=frame.rename(columns=names), counts=counts, files=self.files)


class Codebook:
    """Numbers for ids, from 0, in the order in which they first appear."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def encode(self, ids: pd.Categorical) -> np.ndarray:
        """Return the numbers of ids: int32."""
        numbers = self._numbers
        known = [numbers.setdefault(word, len(numbers)) for word in ids.categories]
        numbered: np.ndarray = np.array(known, dtype=np.int32)[ids.codes]
        return numbered

    def words(self) -> np.ndarray:
        """Return the ids in the order of their numbers, as objects."""
        words = np.empty(len(self._numbers), dtype=object)
        words[:] = list(self._numbers)
        return words


class Coding:
    """Turns pieces into record batches: ``row``, ``user``, ``item``, ``time``, further columns.

    Times take the first form that all pieces have; where a later piece rules a form out, everything
    is read once more.
    """

    def __init__(self, parts: InteractionParts) -> None:
        self.parts = parts
        self._forms = time_forms()
        self._excluded: list[tuple[int, str]] = []  # by row: why a form is not that of all times
        self._begin()

    def _begin(self) -> None:
        self.users, self.items = Codebook(), Codebook()
        self.rows = self.skipped = 0
        self.timed = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows; raises DataError, and AgainError where times were not of the form tried.

        The next call then yields them in another form.
        """
        self._begin()
        for piece in self.parts.pieces():
            columns, skipped = read_columns(piece, self.parts.layout, blank=self.parts.blank)
            self.skipped += skipped
            if len(columns["user"].cells):
                yield self._coded(columns)
        if not self.rows:
            where = self.parts.files[0].parent if len(self.parts.files) > 1 else self.parts.files[0]
            raise DataError(f"{where}: {ALL_BLANK if self.skipped else NOTHING_BELOW}")

    def _coded(self, columns: dict[str, Column]) -> pa.RecordBatch:
        number = len(columns["user"].cells)
        arrays = {
            "row": np.arange(self.rows, self.rows + number),
            "user": self.users.encode(columns["user"].ids()),
            "item": self.items.encode(columns["item"].ids()),
        }
        if "time" in columns:
            self.timed = True
            arrays["time"] = self._times(columns["time"])
        for name in self.parts.layout.more:
            arrays[f"column/{name}"] = columns[name].numbers().astype(np.float32)
        self.rows += number
        return pa.RecordBatch.from_pydict({k: pa.array(v) for k, v in arrays.items()})

    def _times(self, column: Column) -> np.ndarray:
        if column.is_time_of(self._forms[0]):
            return column.times_of(self._forms[0])
        left = [form for form in self._forms if column.is_time_of(form)]
        self._excluded.append(column.no_time([f for f in self._forms if f not in left], self.rows))
        if not left:
            raise DataError(max(self._excluded)[1])
        self._forms = left
        if self.rows:
            raise AgainError
        return column.times_of(left[0])


class AgainError(Exception):
    """What was read so far has to be read once more."""
