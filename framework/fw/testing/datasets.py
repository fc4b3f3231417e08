"""The contract of data sets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fw.config.slots import DatasetSlot
from fw.data.cache import source_files
from fw.data.coded import InteractionParts
from fw.data.fingerprints import fingerprint_cleaned
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw.data.prepare import prepare
from fw.errors import DataError
from fw.testing.contract import Contract
from fw.testing.draws import drawing_by_address_only
from fw.testing.messages import broken, require


class DatasetContract(Contract):
    """Interactions with ids of text, always the same, from places that are not written to.

    Override the fixture ``places`` to put files where the data set finds them: below
    ``places.data``, or in the cache, so that nothing is downloaded.
    """

    kind = "dataset"

    @pytest.fixture
    def places(self, tmp_path: Path) -> Places:
        """An empty data folder, and an empty cache."""
        (tmp_path / "data").mkdir()
        return Places(tmp_path / "data", tmp_path / "cache")

    def test_its_interactions_can_be_prepared(self, built: Any, places: Places) -> None:
        """Categorical ids of text, none missing; int64 times; something that is left."""
        interactions = _load(built, places)
        try:
            store, _ = prepare(interactions, DatasetSlot())
        except (TypeError, DataError) as error:
            broken("its interactions cannot be prepared", str(error))
        require(store.num_users and store.num_items, "it has no interactions")

    def test_loading_again_gives_the_same(self, built: Any, places: Places) -> None:
        """A run folder keeps a fingerprint of the data, by which runs are compared."""
        with drawing_by_address_only():
            prints = [_fingerprint(built, places) for _ in range(2)]
        require(
            prints[0] == prints[1],
            "loaded twice, it has two fingerprints",
            "read in the order of the file; what is random follows from a setting seed",
        )

    def test_nothing_is_written_to_the_data_folder(self, built: Any, places: Places) -> None:
        """It may be shared, and read-only; downloads go into the cache."""
        before = _tree(places.data)
        _load(built, places)
        changed = sorted(_tree(places.data) ^ before)
        require(
            not changed,
            f"writes to the data folder: {', '.join(str(path) for path, *_ in changed)}",
            "keep what was downloaded below places.cache",
        )

    def test_its_items_are_described_by_id(self, built: Any, places: Places) -> None:
        """``item_frame``, where there is one, has a row an item at most, indexed by its id."""
        frame = _load(built, places).item_frame
        if frame is None:
            pytest.skip("has no item_frame")
        require(
            frame.index.is_unique,
            f"item_frame names items twice: {list(frame.index[frame.index.duplicated()][:3])}",
        )
        numbers = [one for one in frame.index if not isinstance(one, str)]
        require(not numbers, f"item_frame is indexed by {numbers[:3]}", "ids are text")

    def test_it_reads_just_the_files_that_it_says(self, built: Any, places: Places) -> None:
        """``source_files``, where there is one: by them the cache knows when data has changed."""
        named = source_files(built, places)
        if named is None:
            pytest.skip("has no source_files")
        read = _load(built, places).files
        require(
            set(named) == set(read),
            f"source_files names {_listed(named)}, and load reads {_listed(read)}",
            "name all files that load reads, and return the same as Interactions.files",
        )

    def test_it_counts_and_names_what_it_read(self, built: Any, places: Places) -> None:
        """``counts`` are numbers by reason; ``files`` exist, for their fingerprints."""
        interactions = _load(built, places)
        wrong = {
            reason: count
            for reason, count in interactions.counts.items()
            if not isinstance(count, int | np.integer)
        }
        require(not wrong, f"counts are {wrong}", "they are whole numbers by reason")
        missing = [str(path) for path in interactions.files if not Path(path).is_file()]
        require(not missing, f"files that were read are not there: {', '.join(missing)}")

    def test_known_probabilities_are_probabilities(self, built: Any, places: Places) -> None:
        """An ``oracle``, where there is one, gives those of all items for some rows."""
        interactions = _load(built, places)
        if interactions.oracle is None:
            pytest.skip("knows no probabilities")
        rows = np.arange(min(5, len(interactions.frame)))
        found = interactions.oracle(rows)
        shape = (len(rows), len(interactions.frame["item"].cat.categories))
        require(found.shape == shape, f"the oracle gives {found.shape} for {shape}")
        require(
            (found >= 0).all() and (found.sum(1) <= 1 + 1e-6).all(),
            "the oracle gives what are no probabilities",
        )


def _load(built: Any, places: Places) -> Interactions:
    interactions = built.load(places)
    if isinstance(interactions, InteractionParts):
        interactions = interactions.at_once()
    if not isinstance(interactions, Interactions):
        broken(f"load gives {type(interactions).__name__}, not fw.Interactions")
    return interactions


def _fingerprint(built: Any, places: Places) -> Any:
    return fingerprint_cleaned(prepare(_load(built, places), DatasetSlot())[0])


def _tree(folder: Path | None) -> set[tuple[Path, int, int]]:
    if folder is None:
        return set()
    found = ((path, path.stat()) for path in folder.rglob("*"))
    return {(path, state.st_size, state.st_mtime_ns) for path, state in found}


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(sorted(path.name for path in files)) or "none"
