"""Data sets that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import itertools
import random

import attrs
import numpy as np
import pandas as pd
import pytest

from fw import Interactions
from fw.data.places import Places
from fw.testing import DatasetContract

PREPARED = "test_its_interactions_can_be_prepared"
AGAIN = "test_loading_again_gives_the_same"
WRITES = "test_nothing_is_written_to_the_data_folder"
ITEMS = "test_its_items_are_described_by_id"
NAMED = "test_it_reads_just_the_files_that_it_says"
COUNTS = "test_it_counts_and_names_what_it_read"
ORACLE = "test_known_probabilities_are_probabilities"


def frame(users="aabb", items="xyzx"):
    return pd.DataFrame({"user": pd.Categorical(list(users)), "item": pd.Categorical(list(items))})


def dataset(load):
    """Make a data set of a function from places to interactions."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def load(self, places):
            return load(places)

    return Broken


class TestRight(DatasetContract):
    component = dataset(
        lambda places: Interactions(
            frame=frame(),
            item_frame=pd.DataFrame({"title": ["X"]}, index=["x"]),
            oracle=lambda rows: np.full((len(rows), 3), 1 / 3),
        )
    )
    expected = {}


class TestFrame(DatasetContract):
    component = dataset(lambda places: frame())
    expected = dict.fromkeys(
        (PREPARED, AGAIN, WRITES, ITEMS, COUNTS, ORACLE),
        "load gives DataFrame, not fw.Interactions",
    )


class TestNumbers(DatasetContract):
    component = dataset(lambda places: Interactions(frame=frame().astype({"item": object})))
    expected = {
        PREPARED: "its interactions cannot be prepared\n"
        "    the frame of a data set needs a categorical column 'item'",
        AGAIN: "TypeError: the frame of a data set needs a categorical column 'item'",
    }


class TestNobody(DatasetContract):
    component = dataset(lambda places: Interactions(frame=frame("", "")))
    expected = {
        PREPARED: "its interactions cannot be prepared\n    ...",
        AGAIN: "fw.errors.DataError: ...",
    }


NUMBERS = itertools.count()


class TestOtherEachTime(DatasetContract):
    component = dataset(lambda places: Interactions(frame=frame(items=f"xyz{next(NUMBERS) % 10}")))
    expected = {
        AGAIN: "loaded twice, it has two fingerprints\n"
        "    read in the order of the file; what is random follows from a setting seed"
    }


def shuffled(places):
    random.random()
    return Interactions(frame=frame())


class TestShuffled(DatasetContract):
    component = dataset(shuffled)
    expected = {
        AGAIN: "draws from the global generator of Python\n"
        "    draw from the rng that is given: rng.uniform(shape), rng.integers(shape, high)"
    }


def untidy(places):
    (places.data / "unpacked.csv").write_text("a,x")
    return Interactions(frame=frame())


class TestUntidy(DatasetContract):
    component = dataset(untidy)
    expected = {
        WRITES: "writes to the data folder: .../data/unpacked.csv\n"
        "    keep what was downloaded below places.cache"
    }


class TestTwice(DatasetContract):
    component = dataset(
        lambda places: Interactions(
            frame=frame(), item_frame=pd.DataFrame({"title": ["X", "Y"]}, index=["x", "x"])
        )
    )
    expected = {ITEMS: "item_frame names items twice: ['x']", PREPARED: "...", AGAIN: "..."}


class TestNumbered(DatasetContract):
    component = dataset(
        lambda places: Interactions(frame=frame(), item_frame=pd.DataFrame({"title": ["X"]}))
    )
    expected = {ITEMS: "item_frame is indexed by [0]\n    ids are text"}


class TestReasons(DatasetContract):
    component = dataset(lambda places: Interactions(frame=frame(), counts={"blank": "two"}))
    expected = {COUNTS: "counts are {'blank': 'two'}\n    they are whole numbers by reason"}


class TestGone(DatasetContract):
    component = dataset(
        lambda places: Interactions(frame=frame(), files=(places.cache / "gone.csv",))
    )
    expected = {COUNTS: "files that were read are not there: .../cache/gone.csv"}


class TestNarrowOracle(DatasetContract):
    component = dataset(
        lambda places: Interactions(frame=frame(), oracle=lambda rows: np.ones((len(rows), 2)))
    )
    expected = {ORACLE: "the oracle gives (4, 2) for (4, 3)"}


class TestCertainOracle(DatasetContract):
    component = dataset(
        lambda places: Interactions(frame=frame(), oracle=lambda rows: np.ones((len(rows), 3)))
    )
    expected = {ORACLE: "the oracle gives what are no probabilities"}


def reading(*names):
    """Make a data set that reads one file and says that it reads others."""

    @attrs.frozen(kw_only=True)
    class Reads:
        """Name other files than are read."""

        def source_files(self, places):
            return [places.data / name for name in names]

        def load(self, places):
            return Interactions(frame=frame(), files=(places.data / "log.csv",))

    return Reads


class OneFile(DatasetContract):
    __test__ = False

    @pytest.fixture
    def places(self, tmp_path):
        (tmp_path / "log.csv").touch()
        return Places(tmp_path, tmp_path / "cache")


class TestNamesWhatItReads(OneFile):
    __test__ = True
    component = reading("log.csv")
    expected = {}


class TestNamesOtherFiles(OneFile):
    __test__ = True
    component = reading("log.csv", "titles.csv")
    expected = {
        NAMED: "source_files names log.csv, titles.csv, and load reads log.csv\n"
        "    name all files that load reads, and return the same as Interactions.files"
    }
