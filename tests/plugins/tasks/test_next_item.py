"""Every position predicts its successor."""

import torch

from fw import Sequences
from fw_plugins.tasks.next_item import NextItem


def batch_of(*rows, width=None):
    width = width or max(len(row) for row in rows)
    items = torch.tensor([list(row) + [0] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    history = Sequences(items, lengths, torch.arange(len(rows)), {"rating": items * 10})
    return NextItem()(history, None)


def test_case_B20_training_row_of_two_items():
    batch = batch_of([11, 12], width=6)
    assert batch.inputs.items.tolist() == [[11, 0, 0, 0, 0]]
    assert batch.targets.items.tolist() == [[12, 0, 0, 0, 0]]


def test_case_B20_a_part_of_one_item_gives_no_pair():
    batch = batch_of([11], width=6)
    assert batch.inputs.lengths.tolist() == [0]
    assert batch.inputs.items.sum() == 0
    assert batch.targets.items.sum() == 0


def test_case_B21_of_a_long_training_part_the_newest_pairs_are_taken(make_info):
    rows = make_info([list(range(1, 301))], 300).training
    batch = NextItem()(rows.newest(torch.tensor([0]), 201), None)
    assert batch.inputs.items.tolist() == [list(range(100, 300))]
    assert batch.targets.items.tolist() == [list(range(101, 301))]


def test_inputs_and_targets_of_rows_of_mixed_length():
    batch = batch_of([1, 2, 3, 4], [5, 6])
    assert batch.inputs.items.tolist() == [[1, 2, 3], [5, 0, 0]]
    assert batch.targets.items.tolist() == [[2, 3, 4], [6, 0, 0]]
    assert batch.inputs.lengths.tolist() == batch.targets.lengths.tolist() == [3, 1]


def test_columns_stay_aligned_with_their_items():
    batch = batch_of([1, 2, 3])
    assert batch.inputs.columns["rating"].tolist() == [[10, 20]]
    assert batch.targets.columns["rating"].tolist() == [[20, 30]]


def test_inputs_have_nothing_of_a_target_that_stands_after_their_last_item():
    batch = batch_of([1, 2, 3, 4], [5, 6])
    assert batch.inputs.columns["rating"].tolist() == [[10, 20, 30], [50, 0, 0]]


def test_the_history_is_passed_on_unchanged():
    batch = batch_of([1, 2, 3])
    assert batch.history.items.tolist() == [[1, 2, 3]]
