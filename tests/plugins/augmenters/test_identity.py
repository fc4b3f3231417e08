"""Identity: nothing changes, or the newest item is left out."""

from fw.random import Rng
from fw_plugins.augmenters.identity import Identity

ROWS = [[3, 1, 2], [4, 5], [6], []]


def test_all_items_are_kept(views_of):
    assert views_of(Identity(), ROWS) == ROWS


def test_the_newest_item_is_dropped_but_for_a_lone_one(views_of):
    assert views_of(Identity(newest="drop"), ROWS) == [[3, 1], [4], [6], []]


def test_columns_are_dropped_with_the_newest_item(sequences_of):
    sequences = sequences_of([[3, 1, 2], [4]], columns=True)
    view = Identity(newest="drop")(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.columns["time"].tolist() == [[30, 10, 0], [40, 0, 0]]
