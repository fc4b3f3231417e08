"""Search among the vectors of items, without scoring every one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np

SEARCHING = "searching"
"""In the metadata of a setting, with True: only a search looks at it; it makes no index anew."""


class Search(Protocol):
    """An index that is open. ``Q`` queries, ``D`` numbers each."""

    def __call__(self, queries: np.ndarray, number: int) -> np.ndarray:
        """Find, for each of ``queries`` ([Q, D] float32), about the best ``number`` vectors.

        The best have the largest inner products with the query. Returns their places, from 0 on, in
        any order and each once: [Q, number] int64, -1 where fewer were found. ``number`` is at most
        the number of vectors.
        """


@runtime_checkable
class Index(Protocol):
    """Approximate search for what scores best. Its settings class itself is called: no ``build``.

    A file is made once for a run and kept in its folder, by the vectors and by the settings that
    are not marked as :data:`SEARCHING`; so it must depend on these alone, and what is found on the
    file and the settings.
    """

    def make(self, vectors: np.ndarray, file: Path) -> None:
        """Write an index of ``vectors`` ([N, D] float32, finite, not to be written to) to a file.

        There is no file of that name yet; it is moved afterwards.
        """

    def open(self, file: Path) -> Search:
        """Open what :meth:`make` wrote; raises any exception if it is damaged."""
