"""The files in which MovieLens is found: the publisher's own, and two prepared by others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from fw.data.interactions import Interactions
from fw.data.reading import Layout, read_interactions
from fw.data.text_tables import TextTable

_RATED = ("user", "item", "rating", "time")
_LAYOUT = Layout(more=("rating",))


@attrs.frozen(kw_only=True)
class Ratings:
    """A file of interactions, by its name within the data folder or the publisher's zip."""

    file: str
    separator: str
    header: bool = False
    names: tuple[str, ...] = _RATED
    layout: Layout = _LAYOUT

    def read(self, path: Path, member: str | None) -> Interactions:
        """Read the file at ``path``, or the member of the zip that is there."""
        table = TextTable.open(
            path, separator=self.separator, header=self.header, names=self.names, member=member
        )
        return read_interactions(table, self.layout)


@attrs.frozen(kw_only=True)
class Source:
    """A file of interactions with the files that may hold titles for its items."""

    ratings: Ratings
    titles: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Variant:
    """One of the published data sets; the first of ``sources`` is the publisher's."""

    name: str
    sha256: str
    sources: tuple[Source, ...]

    @property
    def url(self) -> str:
        """Where the publisher has it."""
        return f"https://files.grouplens.org/datasets/movielens/{self.zip}"

    @property
    def zip(self) -> str:
        """What the publisher's archive is called."""
        return f"{self.name}.zip"

    def places(self) -> Iterator[str]:
        """Name what is looked for in the data folder, in that order."""
        yield self.sources[0].ratings.file
        yield self.zip
        yield from (source.ratings.file for source in self.sources[1:])


def _pairs(file: str) -> Ratings:
    """Name a file of ``user item`` lines in the order of time."""
    return Ratings(file=file, separator=" ", names=("user", "item"), layout=Layout())


_CSV = Ratings(
    file="ml-20m/ratings.csv",
    separator=",",
    header=True,
    names=(),
    layout=Layout(user="userId", item="movieId", time="timestamp", more=("rating",)),
)

# The SHA-256 are those of the publisher's archives.
VARIANTS = {
    "100k": Variant(
        name="ml-100k",
        sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        sources=(
            Source(
                ratings=Ratings(file="ml-100k/u.data", separator="\t"),
                titles=("ml-100k/u.item", "ml-100k/items.tsv"),
            ),
        ),
    ),
    "1m": Variant(
        name="ml-1m",
        sha256="a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        sources=(
            Source(
                ratings=Ratings(file="ml-1m/ratings.dat", separator="::"),
                titles=("ml-1m/movies.dat",),
            ),
            Source(ratings=_pairs("ml-1m/interactions.txt"), titles=("ml-1m/movies.dat",)),
            # As published with SASRec: items are numbered anew, so no titles go with them.
            Source(ratings=_pairs("ml-1m.txt")),
            Source(ratings=_pairs("ml-1m/ml-1m.txt")),
        ),
    ),
    "20m": Variant(
        name="ml-20m",
        sha256="96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
        sources=(Source(ratings=_CSV, titles=("ml-20m/movies.csv",)),),
    ),
}
