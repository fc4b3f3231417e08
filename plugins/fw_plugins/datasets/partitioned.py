"""Interactions from files that memory would not hold: one, or the parts in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from fw import hookimpl, validators
from fw.data.parts import find_parts
from fw.data.places import Places
from fw_plugins.datasets._interaction_tables import InteractionTable

if TYPE_CHECKING:
    from fw.data.coded import InteractionParts
    from fw.data.pieces import Form


@attrs.frozen(kw_only=True)
class Partitioned(InteractionTable):
    """One file, or all files of a folder, read and cleaned in bounded memory.

    What comes out is what ``interactions`` would give of the parts laid one after the other, in the
    order of their names: the same store, ids and fingerprint. Text is read block by block and
    parquet a row group at a time; DuckDB sorts (the extra ``large``). In memory are all ids, about
    200 bytes each, a byte for every interaction, and ``memory_limit``.
    """

    memory_limit: float = attrs.field(
        default=2.0,
        validator=validators.at_least(0.25),
        metadata={"help": "GiB that sorting may use; the rest goes to the disk of the cache"},
    )

    def source_files(self, places: Places) -> tuple[Path, ...]:
        """Return the parts; raises DataNotFound if there are none, DataError if one is missing."""
        return find_parts(self.path, places)

    def load(self, places: Places) -> InteractionParts:
        """Find the parts, which are read when they are cleaned; raises what source_files does."""
        from fw.data.coded import InteractionParts

        files = find_parts(self.path, places)
        return InteractionParts(
            form=self._form(files[0]),
            files=files,
            layout=self.layout(),
            blank=self.blank,
            memory=self.memory_limit,
        )

    def _form(self, path: Path) -> Form:
        from fw.data.pieces import ParquetForm, TextForm

        return ParquetForm() if self.is_parquet(path) else TextForm(**self.text_options())


@hookimpl
def register_datasets(register):
    """Offer ``partitioned``."""
    register("partitioned", Partitioned)
