"""The contract of splitters."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.testing import world
from fw.testing.contract import Contract
from fw.testing.draws import drawing_by_address_only
from fw.testing.messages import broken, require


class SplitterContract(Contract):
    """Training parts that are a row's oldest items, and cases that come after them."""

    kind = "splitter"

    @pytest.fixture
    def store(self) -> SequenceStore:
        """Ten users with 2 to 13 items each, with times."""
        return world.make_store()

    @pytest.fixture
    def split(self, built: Any, store: SequenceStore) -> Split:
        """What the splitter makes of the store."""
        split = built(store)
        if not isinstance(split, Split):
            broken(f"the splitter gives {type(split).__name__}, not fw.data.split.Split")
        return split

    def test_it_holds_something_out_and_keeps_something(self, split: Split) -> None:
        """Training parts, validation cases and test cases are not empty."""
        sizes = {"training": int(split.train_lengths.sum())}
        sizes |= {name: len(cases) for name, cases in _cases(split).items()}
        empty = [name for name, size in sizes.items() if not size]
        require(not empty, f"nothing is left for {', '.join(empty)}")

    def test_a_training_part_is_a_rows_oldest_items(
        self, split: Split, store: SequenceStore
    ) -> None:
        """``train_lengths`` has one number for each row, at most its length."""
        lengths = np.asarray(split.train_lengths)
        require(
            lengths.shape == store.lengths.shape and np.issubdtype(lengths.dtype, np.integer),
            f"train_lengths is {list(lengths.shape)} {lengths.dtype}",
            f"it must be [{store.num_users}] of integers",
        )
        wrong = np.flatnonzero((lengths < 0) | (lengths > store.lengths))
        require(
            not len(wrong),
            f"rows {wrong.tolist()} of {store.lengths[wrong].tolist()} items are trained on "
            f"{lengths[wrong].tolist()}",
        )

    def test_every_target_is_an_item_with_a_history(
        self, split: Split, store: SequenceStore
    ) -> None:
        """``ends`` counts from 0: the first item of a row has no history."""
        for name, cases in _cases(split).items():
            _check_places(name, cases, store)

    def test_no_target_is_trained_on(self, split: Split) -> None:
        """A target stands after its row's training part."""
        for name, cases in _cases(split).items():
            trained = cases.ends < split.train_lengths[cases.rows]
            require(
                not trained.any(),
                f"{int(trained.sum())} targets of {name} are in the training part: rows "
                f"{cases.rows[trained][:5].tolist()}",
                "ends must be at least train_lengths[rows]",
            )

    def test_no_case_is_counted_twice(self, split: Split) -> None:
        """Neither within a part nor in both."""
        places = [
            (int(row), int(end))
            for cases in _cases(split).values()
            for row, end in zip(cases.rows, cases.ends, strict=True)
        ]
        twice = sorted({place for place in places if places.count(place) > 1})
        require(not twice, f"cases (row, place) that are there twice: {twice[:5]}")

    def test_a_rows_validation_comes_before_its_test(self, split: Split) -> None:
        """What selects the model must not be later than what tests it."""
        last = _extremes(split.valid, max)
        first = _extremes(split.test, min)
        wrong = [row for row, end in first.items() if row in last and last[row] >= end]
        require(not wrong, f"rows whose validation comes after their test: {wrong[:5]}")

    def test_splitting_again_gives_the_same(
        self, built: Any, split: Split, store: SequenceStore
    ) -> None:
        """A run folder keeps a fingerprint of the split."""
        with drawing_by_address_only():
            again = built(store)
        require(
            _plain(again) == _plain(split),
            "two splits of one store differ",
            "what is random follows from a setting seed",
        )

    def test_it_does_not_write_to_the_store(self, built: Any, store: SequenceStore) -> None:
        """All that comes after works on the same arrays."""
        before = _arrays(store)
        built(store)
        changed = [
            name
            for name, value in _arrays(store).items()
            if not np.array_equal(value, before[name])
        ]
        require(not changed, f"writes to the store: {', '.join(changed)}")

    def test_its_report_can_be_stored(self, split: Split) -> None:
        """It is printed, and kept as JSON."""
        try:
            json.dumps(dict(split.report))
        except TypeError as error:
            broken("its report cannot be written as JSON", f"{error}\nuse int(), float(), str()")


def _cases(split: Split) -> dict[str, CaseList]:
    return {"validation": split.valid, "test": split.test}


def _check_places(name: str, cases: CaseList, store: SequenceStore) -> None:
    rows_known = (cases.rows >= 0) & (cases.rows < store.num_users)
    require(rows_known.all(), f"{name} has rows that are not in the store")
    wrong = (cases.ends < 1) | (cases.ends >= store.lengths[cases.rows])
    places = [(int(row), int(end)) for row, end in zip(cases.rows, cases.ends, strict=True)]
    require(
        not wrong.any(),
        f"{name} has targets without a history, or beyond their row, (row, place): "
        f"{[place for place, bad in zip(places, wrong, strict=True) if bad][:5]}",
        "ends are 1 .. length - 1: how many items precede the target",
    )


def _extremes(cases: CaseList, choose: Any) -> dict[int, int]:
    found: dict[int, int] = {}
    for row, end in zip(cases.rows.tolist(), cases.ends.tolist(), strict=True):
        found[row] = choose(found.get(row, end), end)
    return found


def _plain(split: Split) -> list[Any]:
    parts = (
        split.train_lengths,
        *(part for c in _cases(split).values() for part in (c.rows, c.ends)),
    )
    return [np.asarray(part).tolist() for part in parts]


def _arrays(store: SequenceStore) -> dict[str, Any]:
    arrays = {"items": store.items, "offsets": store.offsets, "times": store.times, **store.columns}
    return {name: np.copy(value) for name, value in arrays.items() if value is not None}
