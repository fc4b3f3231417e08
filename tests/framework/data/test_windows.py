"""Windows over long histories: every training item is a target just once."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.data.training import TrainingRows
from fw.data.windows import cut_windows
from fw.engine.steps.targets import without_context
from fw.random import Rng
from fw_plugins.tasks.next_item import NextItem


def slow_windows(length, width, stride):
    """Return (first, end, context) of a user's windows, one after the other."""
    found, end = [], length
    while True:
        first = max(end - width, 0)
        if first == 0:
            return [*found, (0, end, 0)]
        found.append((first, end, max(end - first - stride, 0)))
        end -= stride


@given(
    lengths=st.lists(st.integers(0, 60), min_size=1, max_size=5),
    width=st.integers(1, 12),
    stride=st.integers(1, 12),
)
@settings(max_examples=60)
def test_windows_are_those_of_the_slow_way(lengths, width, stride):
    found = cut_windows(np.array(lengths), width, stride)
    expected = [
        (user, first, end - first, context)
        for user, length in enumerate(lengths)
        for first, end, context in slow_windows(length, width, stride)
    ]
    assert list(zip(*(part.tolist() for part in found), strict=True)) == expected


@given(
    lengths=st.lists(st.integers(2, 40), min_size=1, max_size=4),
    max_len=st.integers(1, 9),
    data=st.data(),
)
@settings(max_examples=60)
def test_every_item_but_the_first_is_predicted_just_once(lengths, max_len, data):
    stride = data.draw(st.integers(1, max_len))
    found = cut_windows(np.array(lengths), max_len + 1, stride)
    predicted = Counter(
        (user, item)
        for user, first, size, context in zip(*(part.tolist() for part in found), strict=True)
        for item in range(first + max(context, 1), first + size)
    )
    assert predicted == Counter(
        (u, i) for u, length in enumerate(lengths) for i in range(1, length)
    )


ROWS = [list(range(1, 12)), [1, 2], [5, 6, 7, 8, 9, 10]]


@pytest.fixture
def rows(make_split):
    split = make_split([[*row, 1, 1] for row in ROWS], 12)
    return TrainingRows(split, None, cut_windows(split.train_lengths, 5, 3))


def test_a_row_is_a_window_and_its_negatives_are_none_of_its_users_items(rows):
    windows = rows.newest(torch.arange(len(rows.users)), 5)
    found = [
        row[:n] for row, n in zip(windows.items.tolist(), windows.lengths.tolist(), strict=True)
    ]
    assert found == [
        *([7, 8, 9, 10, 11], [4, 5, 6, 7, 8], [1, 2, 3, 4, 5]),
        *([1, 2], [6, 7, 8, 9, 10], [5, 6, 7]),
    ]
    numbers, items = rows.distinct_items()
    for window, user in enumerate(rows.users.tolist()):
        assert items[numbers == window].tolist() == sorted(ROWS[user])


def test_a_step_predicts_each_item_once(rows):
    history = rows.newest(torch.arange(len(rows.users)), 5)
    batch = NextItem()(history, Rng.for_rows(1, 1, history.rows))
    targets = without_context(batch, rows.context, NextItem.ahead).targets.items
    found = Counter(
        (int(user), item)
        for user, row in zip(rows.users, targets.tolist(), strict=True)
        for item in row
        if item
    )
    assert found == Counter((u, item) for u, row in enumerate(ROWS) for item in row[1:])


def test_targets_are_counted_as_they_are_predicted(rows):
    numbers = (rows.lengths - 1).clamp(max=4)
    counts = rows.count_newest(numbers, torch.ones_like(numbers), 12)
    expected = Counter(item for row in ROWS for item in row[1:])
    assert counts.tolist() == [expected[item] for item in range(14)]


def test_without_windows_a_row_is_a_user(make_split):
    rows = TrainingRows(make_split(ROWS, 12))
    assert rows.context is None
    assert rows.by_user is rows
