"""Sequences from a file of yours: one user a line, then the user's items in the order of time."""

from __future__ import annotations

from pathlib import Path

import attrs

from fw import hookimpl
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw.data.separators import is_separator
from fw.data.text import is_encoding


@attrs.frozen(kw_only=True)
class SequenceFile:
    """A text file with one user a line: the user, then the items, oldest first; also gz and zip.

    The form in which S3-Rec (Zhou et al., CIKM 2020) and the code that builds on it keep their
    data. Ids are text, exactly as they are written.
    """

    path: Path = attrs.field(
        metadata={"help": "the file; a relative path is also looked for in the data folder"}
    )
    separator: str = attrs.field(
        default=" ",
        validator=is_separator,
        metadata={"help": "between a line's ids, of any length; a blank is any run of blanks"},
    )
    encoding: str = attrs.field(
        default="utf-8", validator=is_encoding, metadata={"help": "encoding of the file"}
    )

    def source_files(self, places: Places) -> tuple[Path, ...]:
        """Return the file; raises DataNotFound if there is none."""
        return (places.find(self.path),)

    def load(self, places: Places) -> Interactions:
        """Read the file; raises DataNotFound if there is none, DataError if something is wrong."""
        from fw.data.sequence_files import read_sequences  # slow: not to list what there is

        path = places.find(self.path)
        return read_sequences(path, separator=self.separator, encoding=self.encoding)


@hookimpl
def register_datasets(register):
    """Offer ``sequences``."""
    register("sequences", SequenceFile)
