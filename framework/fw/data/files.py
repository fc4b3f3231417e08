"""Reading a data file that comes without a recipe, by what it looks like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from fw.data.interactions import Interactions
from fw.data.reading import DEFAULT_NAMES, Layout, read_interactions
from fw.data.separators import Separated, alternatives, sniff
from fw.data.sequence_files import read_sequences
from fw.data.tables import ParquetTable
from fw.data.text import read_text
from fw.data.text_tables import TextTable


def read_file(
    path: Path, columns: Collection[str] = (), texts: Collection[str] = ()
) -> Interactions:
    """Read interactions from a file; raises DataError where the guess that is made is no good.

    The columns are ``user``, ``item`` and, if there is one, ``time`` where the file names columns.
    Otherwise user and item come first, and of more than two columns the last is the time. Lines of
    different lengths, parted by blanks, hold a user with all items. For anything else, write a
    recipe.

    Where the file names columns, those among ``columns``, of numbers, and ``texts`` are read too.
    """
    if path.suffix == ".parquet":
        parquet = ParquetTable.open(path)
        return read_interactions(parquet, _by_name(parquet.names, columns, texts))
    text = read_text(path)
    separator = sniff(text) or _of_broken_rows(text)
    if separator is None:
        return read_sequences(path)
    table = TextTable.open(path, separator=separator)
    if set(DEFAULT_NAMES[:2]) <= set(table.names or ()):
        return read_interactions(table, _by_name(table.names, columns, texts))
    table = TextTable.open(path, separator=separator, header=False)
    last = table.num_columns - 1
    return read_interactions(table, Layout(time=last if last > 1 else ""))


def _by_name(
    names: Sequence[str] | None, columns: Collection[str], texts: Collection[str]
) -> Layout:
    there = names or ()
    return Layout(
        time="time" if "time" in there else "",
        more=tuple(name for name in there if name in columns),
        texts=tuple(name for name in there if name in texts),
    )


def _of_broken_rows(text: bytes) -> str | None:
    """Return what parts line 1 if that names columns, or if blanks do not part it.

    Rows of different lengths are then broken ones, which reading the table names.
    """
    found = [separator for separator, _ in alternatives(text)]
    naming = [separator for separator in found if _names_columns(text, separator)]
    by_blanks = {" ", "\t"} & set(found)
    return next(iter(naming or ([] if by_blanks else found)), None)


def _names_columns(text: bytes, separator: str) -> bool:
    _, cells = next(Separated.of(text, separator).records())
    return set(DEFAULT_NAMES[:2]) <= set(cells)
