"""Text files with one user a line: the user, then the items in the order of time."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fw.data.interactions import Interactions
from fw.data.tables import named
from fw.data.text import read_text
from fw.errors import DataError


def read_sequences(path: Path, *, separator: str = " ", encoding: str = "utf-8") -> Interactions:
    """Read a file of users' items; ``" "`` is any run of blanks.

    A user without items is counted and left out. Raises DataError for what cannot be read, for a
    blank item, and for a user with two lines: their order in time would be a guess.
    """
    lines = _Lines.of(path, read_text(path, encoding=encoding), separator)
    lines.require_no_blanks()
    users = lines.users()
    lengths = lines.counts - 1
    if not lengths.any():
        raise DataError(f"{path}: no interactions: no user has an item")
    rows = np.repeat(np.arange(len(lengths)), lengths)
    frame = pd.DataFrame({"user": users.take(rows), "item": _categorical(lines.items())})
    counts = {"users_without_items": int((lengths == 0).sum())}
    return Interactions(frame=frame, counts=counts, files=(path,))


@attrs.frozen(eq=False)
class _Lines:
    """The lines of a file that are not blank, as lists of cells, with their numbers from 1."""

    path: Path
    cells: pa.ListArray
    numbers: np.ndarray

    @classmethod
    def of(cls, path: Path, text: bytes, separator: str) -> _Lines:
        bare = pc.ascii_trim_whitespace(pa.array(text.splitlines(), pa.string()))
        real = pc.not_equal(bare, "")
        kept = bare.filter(real)
        blanks = separator == " "
        cells = pc.ascii_split_whitespace(kept) if blanks else pc.split_pattern(kept, separator)
        return cls(path, cells, np.flatnonzero(real) + 1)

    @property
    def counts(self) -> np.ndarray:
        return np.asarray(pc.list_value_length(self.cells))

    def users(self) -> pd.Categorical:
        """Return the user of each line; raises DataError for one that has two."""
        users = _categorical(pc.list_element(self.cells, 0))
        repeated = pd.Series(users).duplicated(keep=False).to_numpy()
        if repeated.any():
            user = users[int(repeated.argmax())]
            lines = self.numbers[users == user].tolist()
            raise DataError(
                f"{self.path}, {named('line', lines, len(lines))}: user {user!r} has several "
                "lines; the order of the items of one user must be on one line"
            )
        return users

    def items(self) -> pa.StringArray:
        """Return the items of all lines, one after the other."""
        flat = self.cells.flatten()
        first = np.cumsum(self.counts) - self.counts
        is_item = np.ones(len(flat), dtype=bool)
        is_item[first] = False
        return flat.filter(pa.array(is_item))

    def require_no_blanks(self) -> None:
        """Raise DataError for lines with nothing between two separators."""
        blank = np.asarray(pc.equal(pc.utf8_trim_whitespace(self.cells.flatten()), ""))
        if blank.any():
            owners = np.repeat(np.arange(len(self.cells)), self.counts)[blank]
            lines = self.numbers[np.unique(owners)].tolist()
            raise DataError(f"{self.path}, {named('line', lines, len(lines))}: blank cells")


def _categorical(words: pa.StringArray) -> pd.Categorical:
    coded = words.dictionary_encode()
    index = pd.Index(coded.dictionary.to_numpy(zero_copy_only=False), dtype=object)
    return pd.Categorical.from_codes(coded.indices.to_numpy(), index)
