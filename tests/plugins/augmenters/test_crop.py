"""Crop: one contiguous piece, its size exact, its place uniform."""

import pytest
from scipy.stats import chisquare

from fw.random import Rng
from fw_plugins.augmenters.crop import Crop


@pytest.mark.parametrize(
    ("length", "ratio", "kept"), [(1, 0.6, 1), (2, 0.6, 1), (3, 0.2, 1), (5, 0.6, 3), (5, 1.0, 5)]
)
def test_case_B31_crop_of_a_short_sequence(views_of, length, ratio, kept):
    row = list(range(1, length + 1))
    pieces = {tuple(row[start : start + kept]) for start in range(length - kept + 1)}
    views = views_of(Crop(ratio=ratio), [row] * 200)
    assert {tuple(view) for view in views} == pieces


def test_every_piece_is_as_likely_as_another_the_newest_item_too(views_of):
    views = views_of(Crop(ratio=0.29), [list(range(1, 11))] * 9000)
    assert {len(view) for view in views} == {2}
    starts = [view[0] for view in views]
    counts = [starts.count(start) for start in range(1, 10)]
    assert sum(counts) == 9000
    assert chisquare(counts).pvalue > 1e-4


def test_a_ratio_of_0_keeps_one_item_and_a_ratio_of_1_all(views_of):
    rows = [[4, 2, 7], [5], []]
    assert [len(view) for view in views_of(Crop(ratio=0.0), rows)] == [1, 1, 0]
    assert views_of(Crop(ratio=1.0), rows) == rows


def test_columns_come_along(sequences_of):
    sequences = sequences_of([[1, 2, 3, 4, 5], [6, 7]], columns=True)
    view = Crop(ratio=0.5)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.columns["time"].tolist() == (view.items * 10).tolist()


def test_the_view_is_no_wider_than_the_longest_piece(sequences_of):
    sequences = sequences_of([[1, 2, 3, 4, 5]], width=10)
    view = Crop(ratio=0.3)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.items.shape == (1, 3)
    assert Crop(ratio=0.3).longest(10) == 3
