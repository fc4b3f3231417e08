"""MovieLens: films that people rated, from your data folder or downloaded from its publisher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs

from fw import hookimpl
from fw.data.download import fetch
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw.errors import DataError, DataNotFound

if TYPE_CHECKING:
    from fw_plugins.datasets._movielens_files import Source, Variant


@attrs.frozen(kw_only=True)
class MovieLens:
    """MovieLens (Harper and Konstan, ACM TiiS 2015): 100k, 1m or 20m ratings of films.

    Every rating counts as an interaction and is kept as the column ``rating``. In the data folder
    the publisher's files are looked for first (unpacked, gzipped, or the zip), then files that
    others prepared: ``user item`` lines in the order of time, such as the ``ml-1m.txt`` published
    with SASRec. What is not there is downloaded from the publisher into the cache, and checked.
    The publisher does not allow the data to be passed on.
    """

    variant: Literal["100k", "1m", "20m"] = attrs.field(
        default="1m", metadata={"help": "how many ratings"}
    )
    download: bool = attrs.field(
        default=True, metadata={"help": "download what is not in the data folder"}
    )

    def load(self, places: Places) -> Interactions:
        """Read the data set; raises DataNotFound if it can be neither found nor downloaded."""
        return self._found(places).read()

    def source_files(self, places: Places) -> tuple[Path, ...]:
        """Return the files that are read, downloaded if need be; raises as ``load`` does."""
        return self._found(places).files

    def _found(self, places: Places) -> _Found:
        from fw_plugins.datasets._movielens_files import VARIANTS  # slow: not to list what there is

        variant = VARIANTS[self.variant]
        return _find(variant, places.data) or self._fetch(variant, places)

    def _fetch(self, variant: Variant, places: Places) -> _Found:
        where = f"in the data folder {places.data}" if places.data else "(no data folder is set)"
        missing = (
            f"MovieLens {self.variant} is not there {where}\n"
            f"    looked for {', '.join(variant.places())}, each also with .gz"
        )
        if not self.download:
            raise DataNotFound(f"{missing}; download = false")
        try:
            path = fetch(variant.url, sha256=variant.sha256, folder=places.cache)
        except DataNotFound as error:
            raise DataNotFound(f"{missing}\n    {error}") from error
        return _Found(source=variant.sources[0], path=path, folder=None)


@attrs.frozen(kw_only=True)
class _Found:
    """A source that is there: as a file of the data folder, or in a zip (``folder`` is None)."""

    source: Source
    path: Path
    folder: Path | None

    def read(self) -> Interactions:
        """Read interactions, and titles where there are any."""
        from fw_plugins.datasets._movielens_titles import read_titles

        ratings = self.source.ratings
        interactions = ratings.read(self.path, None if self.folder else ratings.file)
        if self._titles is None:
            return interactions
        path, name = self._titles
        titles = read_titles(path, name, None if self.folder else name)
        return attrs.evolve(interactions, item_frame=titles, files=self.files)

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read: one file, or another with the titles."""
        return tuple(dict.fromkeys((self.path, *(self._titles or ())[:1])))

    @property
    def _titles(self) -> tuple[Path, str] | None:
        """The file that holds titles, and what the publisher calls it."""
        for name in self.source.titles:
            path = _existing(self.folder, name) if self.folder else self.path
            if path is not None:
                return path, name
        return None


def _find(variant: Variant, folder: Path | None) -> _Found | None:
    """Look for a variant in the data folder."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise DataError(f"the data folder is not there: {folder.absolute()}")
    first, *others = variant.sources
    if path := _existing(folder, first.ratings.file):
        return _Found(source=first, path=path, folder=folder)
    if path := _existing(folder, variant.zip):
        return _Found(source=first, path=path, folder=None)
    for source in others:
        if path := _existing(folder, source.ratings.file):
            return _Found(source=source, path=path, folder=folder)
    return None


def _existing(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


@hookimpl
def register_datasets(register):
    """Offer ``movielens``."""
    register("movielens", MovieLens)
