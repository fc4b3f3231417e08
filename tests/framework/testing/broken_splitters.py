"""Splitters that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import itertools

import attrs
import numpy as np

from fw.data.split import CaseList, Split
from fw.testing import SplitterContract


def splitter(change):
    """Make a splitter of a change to a right split of a store."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def __call__(self, store):
            users, lengths = np.arange(store.num_users), store.lengths
            right = Split(
                store=store,
                train_lengths=lengths - 2,
                valid=CaseList(users[lengths > 2], lengths[lengths > 2] - 2),
                test=CaseList(users, lengths - 1),
            )
            return change(right)

    return Broken


EMPTY = CaseList(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
PLACES = "test_every_target_is_an_item_with_a_history"
TRAINED = "test_no_target_is_trained_on"
PART = "test_a_training_part_is_a_rows_oldest_items"
LATER = "test_a_rows_validation_comes_before_its_test"


class TestRightSplit(SplitterContract):
    component = splitter(lambda split: split)
    expected = {}


class TestPair(SplitterContract):
    component = splitter(lambda split: (split.valid, split.test))
    expected = {
        test: "the splitter gives tuple, not fw.data.split.Split"
        for test in vars(SplitterContract)
        if test.startswith("test_") and test != "test_it_does_not_write_to_the_store"
    }


class TestNoTest(SplitterContract):
    component = splitter(lambda split: attrs.evolve(split, test=EMPTY))
    expected = {
        "test_it_holds_something_out_and_keeps_something": "nothing is left for test",
    }


class TestShares(SplitterContract):
    component = splitter(lambda split: attrs.evolve(split, train_lengths=split.train_lengths / 2))
    expected = {PART: "train_lengths is [10] float64\n    it must be [10] of integers"}


class TestMore(SplitterContract):
    component = splitter(lambda split: attrs.evolve(split, train_lengths=split.train_lengths + 3))
    expected = {
        PART: "rows [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] of [5, 10, 3, 4, 13, 10, 7, 2, 6, 3] items are "
        "trained on [6, 11, 4, 5, 14, 11, 8, 3, 7, 4]",
        TRAINED: "...",
    }


class TestTrainedOn(SplitterContract):
    component = splitter(lambda split: attrs.evolve(split, train_lengths=split.train_lengths + 1))
    expected = {
        TRAINED: "9 targets of validation are in the training part: rows [0, 1, 2, 3, 4]\n"
        "    ends must be at least train_lengths[rows]"
    }


class TestBeyond(SplitterContract):
    component = splitter(
        lambda split: attrs.evolve(split, test=CaseList(split.test.rows, split.test.ends + 1))
    )
    expected = {
        PLACES: "test has targets without a history, or beyond their row, (row, place): [(0, 5), "
        "(1, 10), (2, 3), (3, 4), (4, 13)]\n"
        "    ends are 1 .. length - 1: how many items precede the target"
    }


class TestNobodysRow(SplitterContract):
    component = splitter(
        lambda split: attrs.evolve(split, test=CaseList(split.test.rows + 5, split.test.ends))
    )
    expected = {
        PLACES: "test has rows that are not in the store",
        TRAINED: "IndexError: ...",
        LATER: "...",
    }


class TestCountedTwice(SplitterContract):
    component = splitter(lambda split: attrs.evolve(split, valid=split.test))
    expected = {
        "test_no_case_is_counted_twice": "cases (row, place) that are there twice: "
        "[(0, 4), (1, 9), (2, 2), (3, 3), (4, 12)]",
        LATER: "rows whose validation comes after their test: [0, 1, 2, 3, 4]",
    }


SEEDS = itertools.count()


def other_each_time(split):
    kept = slice(next(SEEDS) % 5, None)
    return attrs.evolve(split, test=CaseList(split.test.rows[kept], split.test.ends[kept]))


class TestOtherSplitEachTime(SplitterContract):
    component = splitter(other_each_time)
    expected = {
        "test_splitting_again_gives_the_same": "two splits of one store differ\n"
        "    what is random follows from a setting seed"
    }


def written(split):
    split.store.times[0] += 1
    return split


class TestWritesToStore(SplitterContract):
    component = splitter(written)
    expected = {"test_it_does_not_write_to_the_store": "writes to the store: times"}


class TestUnwritten(SplitterContract):
    component = splitter(lambda split: attrs.evolve(split, report={"users": np.int64(10)}))
    expected = {
        "test_its_report_can_be_stored": "its report cannot be written as JSON\n"
        "    Object of type int64 is not JSON serializable\n    use int(), float(), str()"
    }
