"""Indexes that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import numpy as np

from fw.testing import IndexContract

PLACES = "test_places_are_places_of_vectors_each_once"
BEST = "test_most_of_the_best_are_found"
ALONE = "test_a_file_is_all_that_a_search_needs"
KEPT = []
DAMAGED = "test_a_damaged_file_is_not_opened"


@attrs.frozen(kw_only=True)
class Whole:
    """Score everything."""

    def make(self, vectors, file):
        with file.open("wb") as opened:
            np.save(opened, vectors)

    def open(self, file):
        vectors = np.load(file)
        return lambda queries, number: np.argsort(-(queries @ vectors.T), axis=1)[:, :number]


class TestWhole(IndexContract):
    component = Whole
    expected = {}


@attrs.frozen(kw_only=True)
class Unsigned(Whole):
    """Return keys as the library has them."""

    def open(self, file):
        search = super().open(file)
        return lambda queries, number: search(queries, number).astype(np.uint64)


class TestUnsigned(IndexContract):
    component = Unsigned
    expected = {PLACES: "places are uint64 of shape [...]\n    return int64 ..."}


@attrs.frozen(kw_only=True)
class FromOne(Whole):
    """Return numbers of items in place of places."""

    def open(self, file):
        search = super().open(file)
        return lambda queries, number: search(queries, number) + 1


class TestFromOne(IndexContract):
    component = FromOne
    expected = {
        PLACES: "places are between 1 and 500\n    return places ...",
        BEST: "of the best 10 of 500 only ...% are found\n    search ...",
    }


@attrs.frozen(kw_only=True)
class Repeats(Whole):
    """Find the best again and again."""

    def open(self, file):
        search = super().open(file)
        return lambda queries, number: search(queries, number) * 0


class TestRepeats(IndexContract):
    component = Repeats
    expected = {
        PLACES: "a place was found twice for a query\n    return each place once",
        BEST: "of the best 10 of 500 only ...% are found\n    search ...",
    }


@attrs.frozen(kw_only=True)
class Remembers(Whole):
    """Keep the vectors in memory, and open anything."""

    def make(self, vectors, file):
        KEPT.append(vectors)
        file.write_bytes(b"nothing")

    def open(self, file):
        if file.name == "moved":
            return lambda queries, number: np.zeros((len(queries), number), np.int64)
        vectors = KEPT[0]
        return lambda queries, number: np.argsort(-(queries @ vectors.T), axis=1)[:, :number]


class TestRemembers(IndexContract):
    component = Remembers
    expected = {
        ALONE: "another search in the same file finds something else\n    keep all ...",
        DAMAGED: "a damaged file was opened\n    raise ...",
    }
