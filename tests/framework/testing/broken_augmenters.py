"""Augmenters whose views are no right-padded sequences of known items."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch

from fw import Info, Sequences
from fw.interfaces import NO_COLUMNS
from fw.testing import AugmenterContract

VIEW = "test_a_view_is_a_batch_of_right_padded_sequences_of_known_items"
LONG = "test_no_view_is_longer_than_it_says"
ADDRESS = "    rows are the address of all randomness: pass them on"


def broken(change):
    """Make an augmenter of a function from sequences to a view."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def __call__(self, sequences: Sequences, rng) -> Sequences:
            return change(sequences)

    return Broken


class TestTuple(AugmenterContract):
    component = broken(lambda s: (s.items, s.lengths))
    expected = {
        VIEW: "a view: tuple, not fw.Sequences",
        "test_no_row_becomes_empty": "AttributeError: 'tuple' object has no attribute 'lengths'",
        LONG: "AttributeError: 'tuple' object has no attribute 'lengths'",
    }


class TestFlat(AugmenterContract):
    component = broken(lambda s: s._replace(items=s.items[:, 0], lengths=s.lengths.clamp(max=1)))
    expected = {
        VIEW: "a view: items have shape [10]\n"
        "    they must be [10, L], a row for each of the input's",
        LONG: "IndexError: tuple index out of range",
    }


class TestRenumbered(AugmenterContract):
    component = broken(lambda s: s._replace(rows=torch.zeros_like(s.rows)))
    expected = {
        VIEW: "a view: rows are [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], given "
        "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + ADDRESS
    }


class TestNarrow(AugmenterContract):
    component = broken(lambda s: s._replace(items=s.items.int()))
    expected = {VIEW: "a view: items are torch.int32\n    int64 is wanted"}


class TestTooLong(AugmenterContract):
    component = broken(lambda s: s._replace(lengths=s.lengths + 1))
    expected = {
        VIEW: "a view: lengths are [4, 9, 2, 3, 9, 9, 6, 1, 5, 2] for items of width 8\n"
        "    they must be one for each row, between 0 and the width",
        "test_no_row_becomes_empty": "rows of [0] items have views of [1]\n"
        "    keep at least one item of a row that has any; where a view may be empty, set\n"
        "    may_be_empty = True in the test class",
        LONG: "rows of up to 8 items have views of up to 9, but longest(8) is 8\n"
        "    longest(length) must be at least the longest view of rows of that length",
    }


class TestColumnless(AugmenterContract):
    component = broken(lambda s: s._replace(columns=NO_COLUMNS))
    expected = {
        VIEW: "a view: columns are [], given ['rating']\n    columns go along with the items"
    }


class TestOtherColumns(AugmenterContract):
    component = broken(lambda s: s._replace(columns={"rating": s.items.float()}))
    expected = {
        VIEW: "a view: column 'rating' is [10, 8] torch.float32\n"
        "    it must be [10, 8] torch.int64, as the items"
    }


class TestPaddedOnTheLeft(AugmenterContract):
    component = broken(lambda s: s._replace(items=s.items.flip(1)))
    expected = {
        VIEW: "a view: items are not 0 after the last item, in row 0, of length 3: "
        "[0, 0, 0, 0, 0, 6, 3, 25]\n    sequences are padded on the right, with 0",
        "test_a_row_gets_the_same_in_any_batch": "rows [0, 2, 3, 7, 8] padded to 4 differ ...",
    }


class TestUnknownItems(AugmenterContract):
    component = broken(lambda s: s._replace(items=torch.where(s.is_newest(), 32, s.items)))
    expected = {
        VIEW: "a view: unknown items, in row 0, of length 3: [25, 3, 32, 0, 0, 0, 0, 0]\n"
        "    items are numbered 1 .. 31"
    }


class TestGaps(AugmenterContract):
    component = broken(lambda s: s._replace(items=torch.where(s.is_newest(), 0, s.items)))
    expected = {
        VIEW: "a view: 0 between items, in row 0, of length 3: [25, 3, 0, 0, 0, 0, 0, 0]\n"
        "    set gaps=True where padding is left between items, or close up with fw.keep_items"
    }


class TestGapsThatAreAnnounced(AugmenterContract):
    component = broken(
        lambda s: s._replace(
            items=torch.where(s.is_newest(), 0, s.items),
            columns={n: torch.where(s.is_newest(), 0, c) for n, c in s.columns.items()},
            gaps=True,
        )
    )
    expected = {}


def emptied(sequences):
    columns = {name: torch.zeros_like(column) for name, column in sequences.columns.items()}
    return Sequences(
        torch.zeros_like(sequences.items),
        torch.zeros_like(sequences.lengths),
        sequences.rows,
        columns,
    )


class TestEmptied(AugmenterContract):
    component = broken(emptied)
    expected = {
        "test_no_row_becomes_empty": "rows of [3, 8, 1, 2, 8, 8, 5, 4, 1] items have views of "
        "[0, 0, 0, 0, 0, 0, 0, 0, 0]\n"
        "    keep at least one item of a row that has any; where a view may be empty, set\n"
        "    may_be_empty = True in the test class"
    }


class TestEmptiedAsItMay(AugmenterContract):
    component = broken(emptied)
    may_be_empty = True
    expected = {}


@attrs.frozen(kw_only=True)
class Liar:
    """Say that views are short."""

    def longest(self, length):
        return min(length, 4)

    def __call__(self, sequences, rng):
        return sequences


class TestLiar(AugmenterContract):
    component = Liar
    expected = {
        LONG: "rows of up to 5 items have views of up to 5, but longest(5) is 4\n"
        "    longest(length) must be at least the longest view of rows of that length"
    }


class TestWide(AugmenterContract):
    component = broken(
        lambda s: s._replace(
            items=torch.nn.functional.pad(s.items, (0, 1)),
            columns={n: torch.nn.functional.pad(c, (0, 1)) for n, c in s.columns.items()},
        )
    )
    expected = {
        LONG: "views are 9 wide, max_len is 8\n    cut them: encoders have max_len positions"
    }


@attrs.frozen(kw_only=True)
class HalfALength:
    """Have a limit that is no number of items."""

    min_length: float = 1.5

    def build(self, info: Info):
        return self

    def __call__(self, sequences, rng):
        return sequences


class TestHalfALength(AugmenterContract):
    component = HalfALength
    expected = {
        "test_min_length_is_a_number": "min_length is 1.5\n"
        "    it must be a number of items, 0 or more"
    }
