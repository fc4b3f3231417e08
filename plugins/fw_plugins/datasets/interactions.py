"""Interactions from a file of yours: one row each, as text or parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from fw import hookimpl
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw.data.separators import is_separator
from fw.data.text import is_encoding

if TYPE_CHECKING:
    from fw.data.tables import Table

_SEPARATORS = {"csv": ",", "tsv": "\t", "space": " "}


@attrs.frozen(kw_only=True)
class InteractionFile:
    """A file with one interaction a row: csv, tsv, blanks, any separator, parquet; gz and zip too.

    Ids are text, exactly as they are written: ``007`` is not ``7``, and ``NA`` is an item. Times
    are integers, decimal numbers or ISO dates, read without rounding; without times the order of
    the rows is the order in time. MovieLens' own ``ratings.dat`` is ``separator = "::"``,
    ``header = false``, ``time = 3``.
    """

    path: Path = attrs.field(
        metadata={"help": "the file; a relative path is also looked for in the data folder"}
    )
    format: Literal["auto", "csv", "tsv", "space", "parquet"] = attrs.field(
        default="auto", metadata={"help": "auto looks at the name and at the first lines"}
    )
    separator: str | None = attrs.field(
        default=None,
        validator=is_separator,
        metadata={"help": "what separates columns, of any length, in place of the format's own"},
    )
    header: bool = attrs.field(
        default=True, metadata={"help": "the first line holds the names of the columns"}
    )
    names: tuple[str, ...] = attrs.field(
        default=(), metadata={"help": "names of all columns, for a file without a header"}
    )
    user: str | int | None = attrs.field(
        default=None, metadata={"help": 'name or number (from 0); default "user", or the first'}
    )
    item: str | int | None = attrs.field(
        default=None, metadata={"help": 'name or number (from 0); default "item", or the second'}
    )
    time: str | int | None = attrs.field(
        default=None,
        metadata={"help": 'name or number; default "time", or the third; "" for the order of rows'},
    )
    columns: tuple[str, ...] = attrs.field(
        default=(), metadata={"help": 'further columns of numbers to keep, such as "rating"'}
    )
    categories: tuple[str, ...] = attrs.field(
        default=(), metadata={"help": 'further columns of text to keep, such as "device"'}
    )
    encoding: str = attrs.field(
        default="utf-8", validator=is_encoding, metadata={"help": "encoding of a text file"}
    )
    blank: Literal["error", "skip"] = attrs.field(
        default="error", metadata={"help": "what to do with a row that has a blank cell"}
    )

    @names.validator
    def _names_only_without_header(self, attribute: attrs.Attribute[Any], value: object) -> None:
        if value and self.header:
            raise ValueError("names are for a file without a header: set header = false")

    def source_files(self, places: Places) -> tuple[Path, ...]:
        """Return the file; raises DataNotFound if there is none."""
        return (places.find(self.path),)

    def load(self, places: Places) -> Interactions:
        """Read the file; raises DataNotFound if there is none, DataError if something is wrong."""
        from fw.data.reading import Layout, read_interactions  # slow: not to list what there is

        table = self._open(places.find(self.path))
        layout = Layout(
            user=self.user,
            item=self.item,
            time=self.time,
            more=self.columns,
            texts=self.categories,
            settable=True,
        )
        return read_interactions(table, layout, blank=self.blank)

    def _open(self, path: Path) -> Table:
        from fw.data.tables import ParquetTable
        from fw.data.text_tables import TextTable

        if self.format == "parquet" or (self.format == "auto" and path.suffix == ".parquet"):
            return ParquetTable.open(path)
        return TextTable.open(
            path,
            separator=self.separator or _SEPARATORS.get(self.format),
            header=self.header,
            names=self.names,
            encoding=self.encoding,
        )


@hookimpl
def register_datasets(register):
    """Offer ``interactions``."""
    register("interactions", InteractionFile)
