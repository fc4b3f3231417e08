"""Interactions from files that memory would not hold: one, or the parts in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs

from fw import hookimpl, validators
from fw.data.parts import find_parts
from fw.data.places import Places
from fw.data.separators import is_separator
from fw.data.text import is_encoding

if TYPE_CHECKING:
    from fw.data.coded import InteractionParts
    from fw.data.pieces import Form

_SEPARATORS = {"csv": ",", "tsv": "\t", "space": " "}


@attrs.frozen(kw_only=True)
class Partitioned:
    """One file, or all files of a folder, read and cleaned in bounded memory.

    What comes out is what ``interactions`` would give of the parts laid one after the other, in the
    order of their names: the same store, ids and fingerprint. Text is read block by block and
    parquet a row group at a time; DuckDB sorts (the extra ``large``). In memory are all ids, about
    200 bytes each, a byte for every interaction, and ``memory_limit``.
    """

    path: Path = attrs.field(
        metadata={"help": "a file, or a folder of parts; also looked for in the data folder"}
    )
    format: Literal["auto", "csv", "tsv", "space", "parquet"] = attrs.field(
        default="auto", metadata={"help": "auto looks at the names and at the first lines"}
    )
    separator: str | None = attrs.field(
        default=None,
        validator=is_separator,
        metadata={"help": "what separates columns, of any length, in place of the format's own"},
    )
    header: bool = attrs.field(
        default=True, metadata={"help": "the first line of every part names the columns"}
    )
    names: tuple[str, ...] = attrs.field(
        default=(), metadata={"help": "names of all columns, for parts without a header"}
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
    encoding: str = attrs.field(
        default="utf-8", validator=is_encoding, metadata={"help": "encoding of text"}
    )
    blank: Literal["error", "skip"] = attrs.field(
        default="error", metadata={"help": "what to do with a row that has a blank cell"}
    )
    memory_limit: float = attrs.field(
        default=2.0,
        validator=validators.at_least(0.25),
        metadata={"help": "GiB that sorting may use; the rest goes to the disk of the cache"},
    )

    @names.validator
    def _names_only_without_header(self, attribute: object, value: object) -> None:
        if value and self.header:
            raise ValueError("names are for parts without a header: set header = false")

    def source_files(self, places: Places) -> tuple[Path, ...]:
        """Return the parts; raises DataNotFound if there are none, DataError if one is missing."""
        return find_parts(self.path, places)

    def load(self, places: Places) -> InteractionParts:
        """Find the parts, which are read when they are cleaned; raises what source_files does."""
        from fw.data.coded import InteractionParts
        from fw.data.reading import Layout

        files = find_parts(self.path, places)
        layout = Layout(
            user=self.user, item=self.item, time=self.time, more=self.columns, settable=True
        )
        return InteractionParts(
            form=self._form(files[0]),
            files=files,
            layout=layout,
            blank=self.blank,
            memory=self.memory_limit,
        )

    def _form(self, path: Path) -> Form:
        from fw.data.pieces import ParquetForm, TextForm

        if self.format == "parquet" or (self.format == "auto" and path.suffix == ".parquet"):
            return ParquetForm()
        return TextForm(
            separator=self.separator or _SEPARATORS.get(self.format),
            header=self.header,
            names=self.names,
            encoding=self.encoding,
        )


@hookimpl
def register_datasets(register):
    """Offer ``partitioned``."""
    register("partitioned", Partitioned)
