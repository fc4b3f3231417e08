"""The contract of indexes."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fw.testing.contract import Contract
from fw.testing.messages import require

_ITEMS, _QUERIES, _SIZE, _BEST = 500, 20, 16, 10


class IndexContract(Contract):
    """It finds, in a file of its own making, vectors with large inner products."""

    kind = "index"

    @pytest.fixture
    def vectors(self) -> np.ndarray:
        """Vectors of items: around some centres, some much longer than others."""
        rng = np.random.default_rng(1)
        around = rng.normal(size=(10, _SIZE))[rng.integers(10, size=_ITEMS)]
        lengths = rng.lognormal(sigma=0.5, size=(_ITEMS, 1))
        made: np.ndarray = ((around + rng.normal(size=(_ITEMS, _SIZE))) * lengths).astype("f4")
        made.flags.writeable = False
        return made

    @pytest.fixture
    def queries(self) -> np.ndarray:
        """States to search with."""
        made: np.ndarray = np.random.default_rng(2).normal(size=(_QUERIES, _SIZE)).astype("f4")
        made.flags.writeable = False
        return made

    @pytest.fixture
    def search(self, built: Any, vectors: np.ndarray, tmp_path: Path) -> Any:
        """The index of the vectors, made and opened."""
        built.make(vectors, tmp_path / "index")
        return built.open(tmp_path / "index")

    def test_places_are_places_of_vectors_each_once(self, search: Any, queries: np.ndarray) -> None:
        """For one query as for many, for few as for all; -1 where fewer were found."""
        for rows, number in product((1, _QUERIES), (1, _BEST, _ITEMS)):
            _require_places(search(queries[:rows], number), (rows, number))

    def test_most_of_the_best_are_found(
        self, search: Any, vectors: np.ndarray, queries: np.ndarray
    ) -> None:
        """By the inner product: a longer vector stands before a shorter one of its direction."""
        best = np.argsort(-(queries @ vectors.T), axis=1)[:, :_BEST]
        found = search(queries, _BEST)
        share = float((best[:, :, None] == found[:, None, :]).any(2).mean())
        require(
            share >= 0.5,
            f"of the best {_BEST} of {_ITEMS} only {share:.0%} are found",
            "search for the largest inner products with the vectors as they are",
        )

    def test_a_file_is_all_that_a_search_needs(
        self, chosen: Any, search: Any, queries: np.ndarray, tmp_path: Path
    ) -> None:
        """It is moved, and opened again, maybe in another process; and finds the same."""
        (tmp_path / "index").rename(tmp_path / "moved")
        again = chosen.settings.open(tmp_path / "moved")(queries, _BEST)
        require(
            np.array_equal(np.sort(again), np.sort(search(queries, _BEST))),
            "another search in the same file finds something else",
            "keep all that a search needs in the file",
        )

    def test_a_damaged_file_is_not_opened(self, built: Any, search: Any, tmp_path: Path) -> None:
        """An exception is told to the user, with what to do."""
        (tmp_path / "damaged").write_bytes(b"no index")
        try:
            built.open(tmp_path / "damaged")
        except Exception:
            return
        require(False, "a damaged file was opened", "raise an exception where it is no index")


def _require_places(found: np.ndarray, wanted: tuple[int, int]) -> None:
    require(
        found.dtype == np.int64 and found.shape == wanted,
        f"places are {found.dtype} of shape {list(found.shape)}",
        f"return int64 of shape {list(wanted)}",
    )
    require(
        bool(((found >= -1) & (found < _ITEMS)).all()),
        f"places are between {found.min()} and {found.max()}",
        f"return places between 0 and {_ITEMS - 1}, and -1 for none",
    )
    real = [row[row >= 0] for row in found]
    twice = [row for row in real if len(np.unique(row)) < len(row)]
    require(not twice, "a place was found twice for a query", "return each place once")
