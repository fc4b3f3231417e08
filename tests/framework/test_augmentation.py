"""What augmenters are made of, against fractions and loops."""

import math
from fractions import Fraction
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from fw import Sequences
from fw.augmentation import (
    random_places,
    random_start,
    share,
    share_at_least_one,
    shuffled_window,
    take,
)
from fw.random import Rng


def sequences_of(lengths, width):
    places = torch.arange(1, width + 1).expand(len(lengths), width)
    lengths = torch.tensor(lengths)
    items = torch.where(places <= lengths[:, None], places, 0)
    return Sequences(items, lengths, torch.arange(len(lengths)), {"time": items * 10})


def rng_for(rows, epoch=1):
    return Rng.for_rows(1, epoch, torch.arange(rows))


@settings(max_examples=200)
@given(parts=st.integers(0, 10_000), lengths=st.lists(st.integers(0, 5000), min_size=1))
def test_a_share_is_the_floor_of_the_decimal_product(parts, lengths):
    exact = [math.floor(Fraction(parts, 10_000) * length) for length in lengths]
    assert share(parts / 10_000, torch.tensor(lengths)).tolist() == exact
    assert [share(parts / 10_000, length) for length in lengths] == exact


def test_case_B32_a_share_does_not_fall_short_by_the_rounding_of_floats():
    assert int(0.29 * 100) == 28
    assert share(0.29, 100) == 29


def test_a_share_of_at_least_one_is_none_of_an_empty_row():
    assert share_at_least_one(0.1, torch.tensor([0, 1, 9, 10, 25])).tolist() == [0, 1, 1, 1, 2]


def test_take_gathers_items_and_columns_and_pads_the_rest():
    sequences = sequences_of([3, 2], width=3)
    places = torch.tensor([[2, 0, 1, 99], [1, 1, -5, 7]])
    taken = take(sequences, places, torch.tensor([4, 2]))
    assert taken.items.tolist() == [[3, 1, 2, 3], [2, 2, 0, 0]]
    assert taken.columns["time"].tolist() == [[30, 10, 20, 30], [20, 20, 0, 0]]
    assert taken.lengths.tolist() == [4, 2]


@settings(max_examples=50)
@given(
    rows=st.lists(st.integers(0, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))),
    epoch=st.integers(0, 1000),
)
def test_exactly_so_many_places_are_chosen_all_of_them_items(rows, epoch):
    sequences = sequences_of([length for length, _ in rows], width=9)
    counts = torch.tensor([count for _, count in rows], dtype=torch.int64)
    chosen = random_places(sequences, counts, rng_for(len(rows), epoch))
    assert torch.equal(chosen.sum(1), counts)
    assert not (chosen & ~sequences.is_real()).any()


def test_every_choice_of_places_is_as_likely_as_another():
    sequences = sequences_of([4] * 9000, width=6)
    chosen = random_places(sequences, torch.full((9000,), 2), rng_for(9000))
    found = [tuple(row.nonzero().flatten().tolist()) for row in chosen]
    counts = [found.count(pair) for pair in combinations(range(4), 2)]
    assert sum(counts) == 9000
    assert chisquare(counts).pvalue > 1e-4


def test_places_do_not_depend_on_the_padded_width():
    counts = torch.tensor([2, 1, 3])
    narrow = random_places(sequences_of([5, 1, 3], width=5), counts, rng_for(3))
    wide = random_places(sequences_of([5, 1, 3], width=12), counts, rng_for(3))
    assert torch.equal(wide[:, :5], narrow)


def test_a_window_that_fills_its_row_begins_at_0():
    lengths = torch.tensor([4, 0, 7])
    assert random_start(lengths, lengths, rng_for(3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("start", "size"), [(0, 0), (2, 3), (0, 6), (5, 1)])
def test_a_shuffled_window_is_an_order_of_its_places_and_nothing_else_moves(start, size):
    starts, sizes = torch.full((50,), start), torch.full((50,), size)
    places = shuffled_window(6, starts, sizes, rng_for(50)).tolist()
    window = range(start, start + size)
    for row in places:
        assert sorted(row) == list(range(6))
        assert all(place == row[place] for place in range(6) if place not in window)
