"""What data sets with one interaction a row are told of their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from fw.data.separators import is_separator
from fw.data.text import is_encoding

if TYPE_CHECKING:
    from fw.data.reading import Layout

_SEPARATORS = {"csv": ",", "tsv": "\t", "space": " "}


@attrs.frozen(kw_only=True)
class InteractionTable:
    """Where a table is, how it is written, and which of its columns are what."""

    path: Path = attrs.field(
        metadata={"help": "what is read; a relative path is also looked for in the data folder"}
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

    def layout(self, texts: tuple[str, ...] = ()) -> Layout:
        """Return which columns are read, with further ones of text."""
        from fw.data.reading import Layout  # slow: not to list what there is

        return Layout(
            user=self.user,
            item=self.item,
            time=self.time,
            more=self.columns,
            texts=texts,
            settable=True,
        )

    def is_parquet(self, path: Path) -> bool:
        """Whether a file is parquet, by the format or else by its name."""
        return self.format == "parquet" or (self.format == "auto" and path.suffix == ".parquet")

    def text_options(self) -> dict[str, Any]:
        """Return what a reader of text is told."""
        return {
            "separator": self.separator or _SEPARATORS.get(self.format),
            "header": self.header,
            "names": self.names,
            "encoding": self.encoding,
        }
