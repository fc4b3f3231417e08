"""Same target against a search through all rows."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from fw.random import Rng
from fw_plugins.augmenters.same_target import SameTarget


def views(info, rows, epoch=1):
    sequences = info.training.newest(torch.tensor(rows), info.max_len)
    augmenter = SameTarget().build(info)
    view = augmenter(sequences, Rng.for_rows(1, epoch, sequences.rows))
    assert torch.equal(view.rows, sequences.rows)
    assert view.items.shape == (len(rows), info.max_len)
    pairs = zip(view.items.tolist(), view.lengths.tolist(), strict=True)
    return [tuple(items[:length]) for items, length in pairs]


def slow_choices(data, row, max_len):
    """All that the view of a row may be, as often as it occurs."""
    if not data[row]:
        return Counter({(): 1})
    target = data[row][-1]
    found = Counter(
        tuple(other[:place][-max_len:])
        for number, other in enumerate(data)
        if number != row
        for place, item in enumerate(other)
        if item == target and place > 0
    )
    return found or Counter({tuple((data[row][:-1] or data[row])[-max_len:]): 1})


DATA = [[1, 2, 9], [9, 3, 9, 4], [5, 9], [6, 7, 8, 9, 1], [2, 3, 3]]


def test_every_occurrence_in_another_row_is_as_likely_as_another(make_info):
    # Row 0 leads to 9, which others have after 9-3, after 5 and after 6-7-8. The one that row 1
    # begins with is not counted: nothing precedes it.
    info = make_info(DATA, 9, max_len=4)
    counts = Counter(views(info, [0], epoch)[0] for epoch in range(900))
    assert set(counts) == {(9, 3), (5,), (6, 7, 8)}
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_without_another_occurrence_it_is_the_row_without_its_newest_item(make_info):
    info = make_info([[1, 2, 3, 4], [5], [6, 7]], 7)
    assert views(info, [0, 1, 2]) == [(1, 2, 3), (5,), (6,)]


def test_the_rows_own_occurrences_do_not_count(make_info):
    info = make_info([[1, 2, 1, 3, 1], [4, 5]], 5)
    assert views(info, [0]) == [(1, 2, 1, 3)]


def test_a_long_row_gives_its_newest_max_len_items(make_info):
    info = make_info([[1, 9], [2, 3, 4, 5, 6, 9, 7]], 9, max_len=3)
    assert views(info, [0]) == [(4, 5, 6)]


def test_only_training_items_count(make_info):
    info = make_info([[1, 9, 8], [2, 3, 9]], 9, train_lengths=[2, 2])
    assert views(info, [0]) == [(1,)]


def test_columns_come_from_the_other_row(make_info):
    times = torch.arange(10, 15).numpy()
    info = make_info([[1, 9], [2, 3, 9]], 9, columns={"time": times})
    sequences = info.training.newest(torch.tensor([0]), 10)
    view = SameTarget().build(info)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.columns["time"].tolist()[0][:3] == [12, 13, 0]


@pytest.mark.parametrize("data", [[[1], [2]], [[1], [1]], [[], [1]]])
def test_training_rows_of_one_item_only_have_nothing_to_offer(make_info, data):
    assert views(make_info(data, 2), [0, 1]) == [tuple(row) for row in data]


@settings(max_examples=25)
@given(
    data=st.lists(st.lists(st.integers(1, 4), max_size=6), min_size=1, max_size=5).filter(any),
    epoch=st.integers(0, 1000),
)
def test_a_view_is_always_one_of_those_that_a_search_finds(make_info, data, epoch):
    drawn = views(make_info(data, 4, max_len=3), list(range(len(data))), epoch)
    for row, view in enumerate(drawn):
        assert view in slow_choices(data, row, 3)
