"""Interactions from a file of yours: one row each, as text or parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from fw import hookimpl
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw_plugins.datasets._interaction_tables import InteractionTable

if TYPE_CHECKING:
    from fw.data.tables import Table


@attrs.frozen(kw_only=True)
class InteractionFile(InteractionTable):
    """A file with one interaction a row: csv, tsv, blanks, any separator, parquet; gz and zip too.

    Ids are text, exactly as they are written: ``007`` is not ``7``, and ``NA`` is an item. Times
    are integers, decimal numbers or ISO dates, read without rounding; without times the order of
    the rows is the order in time. MovieLens' own ``ratings.dat`` is ``separator = "::"``,
    ``header = false``, ``time = 3``.
    """

    categories: tuple[str, ...] = attrs.field(
        default=(), metadata={"help": 'further columns of text to keep, such as "device"'}
    )

    def source_files(self, places: Places) -> tuple[Path, ...]:
        """Return the file; raises DataNotFound if there is none."""
        return (places.find(self.path),)

    def load(self, places: Places) -> Interactions:
        """Read the file; raises DataNotFound if there is none, DataError if something is wrong."""
        from fw.data.reading import read_interactions  # slow: not to list what there is

        table = self._open(places.find(self.path))
        return read_interactions(table, self.layout(self.categories), blank=self.blank)

    def _open(self, path: Path) -> Table:
        from fw.data.tables import ParquetTable
        from fw.data.text_tables import TextTable

        if self.is_parquet(path):
            return ParquetTable.open(path)
        return TextTable.open(path, **self.text_options())


@hookimpl
def register_datasets(register):
    """Offer ``interactions``."""
    register("interactions", InteractionFile)
