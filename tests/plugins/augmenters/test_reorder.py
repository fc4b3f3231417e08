"""Reorder: one window shuffled, the rest where it was."""

from itertools import permutations

import pytest
from scipy.stats import chisquare

from fw.random import Rng
from fw_plugins.augmenters.reorder import Reorder


@pytest.mark.parametrize(
    ("length", "ratio", "size"), [(10, 0.6, 6), (10, 0.2, 2), (100, 0.29, 29), (1, 1.0, 1)]
)
def test_what_moves_lies_in_a_window_of_the_share(views_of, length, ratio, size):
    row = list(range(1, length + 1))
    for view in views_of(Reorder(ratio=ratio), [row] * 100):
        assert sorted(view) == row
        moved = [place for place, item in enumerate(view) if item != row[place]]
        assert not moved or moved[-1] - moved[0] < size


def test_every_order_is_as_likely_as_another(views_of):
    views = [tuple(view) for view in views_of(Reorder(ratio=1.0), [[5, 6, 7, 8]] * 12_000)]
    counts = [views.count(order) for order in permutations((5, 6, 7, 8))]
    assert sum(counts) == 12_000
    assert chisquare(counts).pvalue > 1e-4


def test_the_window_begins_anywhere_with_the_same_probability(views_of):
    views = views_of(Reorder(ratio=0.4), [[1, 2, 3, 4, 5]] * 8000)
    swapped = [next((i for i in range(4) if view[i] != i + 1), None) for view in views]
    counts = [swapped.count(place) for place in range(4)]
    assert chisquare(counts).pvalue > 1e-4
    # A window of two is put back in its order in half of the cases.
    assert chisquare([sum(counts), swapped.count(None)]).pvalue > 1e-4


def test_rows_without_a_window_pass_unchanged(views_of):
    rows = [[9, 8, 7, 6], [4], []]
    assert views_of(Reorder(ratio=0.2), rows) == rows
    assert views_of(Reorder(ratio=0.0), rows) == rows


def test_columns_move_with_their_items(sequences_of):
    sequences = sequences_of([[1, 2, 3, 4, 5], [6, 7]], columns=True)
    view = Reorder(ratio=1.0)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.items.tolist() != sequences.items.tolist()
    assert view.columns["time"].tolist() == (view.items * 10).tolist()


def test_case_B30_reorder_leaves_the_original_and_keeps_the_padding_where_it_is(sequences_of):
    sequences = sequences_of([list(range(1, 11)), [3, 7]])
    view = Reorder(ratio=0.6)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert sequences.items[0].tolist() == list(range(1, 11))
    assert sorted(view.items[0].tolist()) == list(range(1, 11))
    assert view.items[1].tolist()[2:] == [0] * 8
    assert view.items.data_ptr() != sequences.items.data_ptr()
