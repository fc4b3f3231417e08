"""Reading a data file that comes without a recipe, by what it looks like."""

from __future__ import annotations

from pathlib import Path

from fw.data.interactions import Interactions
from fw.data.reading import DEFAULT_NAMES, Layout, read_interactions
from fw.data.separators import sniff
from fw.data.sequence_files import read_sequences
from fw.data.tables import ParquetTable
from fw.data.text import read_text
from fw.data.text_tables import TextTable


def read_file(path: Path) -> Interactions:
    """Read interactions from a file; raises DataError where the guess that is made is no good.

    The columns are ``user``, ``item`` and, if there is one, ``time`` where the file names columns.
    Otherwise user and item come first, and of more than two columns the last is the time. Lines of
    different lengths hold a user with all items. For anything else, write a recipe.
    """
    if path.suffix == ".parquet":
        return read_interactions(ParquetTable.open(path), Layout())
    separator = sniff(read_text(path))
    if separator is None:
        return read_sequences(path)
    table = TextTable.open(path, separator=separator)
    if set(DEFAULT_NAMES[:2]) <= set(table.names or ()):
        return read_interactions(table, Layout())
    table = TextTable.open(path, separator=separator, header=False)
    last = table.num_columns - 1
    return read_interactions(table, Layout(time=last if last > 1 else ""))
