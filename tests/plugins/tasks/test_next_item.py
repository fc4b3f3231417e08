"""Every position predicts its successor."""

import pytest
import torch
from scipy.stats import binomtest, chisquare

from fw import Sequences
from fw.errors import UserError
from fw.random import Rng
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


def replaced(make_info, rows, num_items, replace=0.3, epoch=1):
    items = torch.tensor(rows)
    numbers = torch.arange(len(rows))
    columns = {"rating": items * 10, "time": items * 100}
    history = Sequences(items, (items != 0).sum(1), numbers, columns)
    task = NextItem(replace=replace).build(make_info([[1]], num_items))
    return task(history, Rng.for_rows(1, epoch, numbers)), NextItem()(history, None)


def test_so_large_a_share_of_inputs_is_another_item_and_targets_stay(make_info):
    noisy, plain = replaced(make_info, [list(range(1, 52))] * 400, 60)
    changed = noisy.inputs.items != plain.inputs.items
    assert binomtest(int(changed.sum()), changed.numel(), 0.3).pvalue > 1e-4
    assert chisquare(changed.sum(0)).pvalue > 1e-4  # every place alike
    assert noisy.targets.items.equal(plain.targets.items)
    assert noisy.history.items.equal(plain.history.items)


def test_what_is_put_in_is_uniform_over_the_other_items(make_info):
    noisy, _ = replaced(make_info, [[3, 1]] * 6000, 5, replace=1.0)
    counts = torch.bincount(noisy.inputs.items.flatten(), minlength=6).tolist()
    assert counts[0] == counts[3] == 0
    assert chisquare([counts[item] for item in (1, 2, 4, 5)]).pvalue > 1e-4


def test_nothing_is_put_on_padding_and_of_another_item_only_its_time_is_known(make_info):
    noisy, _ = replaced(make_info, [[1, 2, 3, 4], [5, 6, 0, 0]], 9, replace=1.0)
    assert (noisy.inputs.items != 0).tolist() == [[True, True, True], [True, False, False]]
    assert noisy.inputs.columns["rating"].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert noisy.inputs.columns["time"].tolist() == [[100, 200, 300], [500, 0, 0]]
    assert noisy.targets.columns["rating"].tolist() == [[20, 30, 40], [60, 0, 0]]


def test_every_epoch_replaces_others(make_info):
    first, second = (
        replaced(make_info, [list(range(1, 52))], 60, epoch=epoch)[0].inputs.items
        for epoch in (1, 2)
    )
    assert not first.equal(second)


def test_what_is_asked_is_never_replaced(make_info):
    task = NextItem(replace=1.0).build(make_info([[1]], 9))
    history = Sequences(torch.tensor([[1, 2]]), torch.tensor([2]), torch.tensor([0]), {})
    assert task.query(history) is history


def test_nothing_can_be_replaced_in_a_catalogue_of_one_item(make_info):
    with pytest.raises(UserError) as caught:
        NextItem(replace=0.1).build(make_info([[1]], 1))
    assert str(caught.value) == (
        "task 'next_item' needs a catalogue of at least 2 items to replace any, but the data has 1"
    )


def test_what_a_row_gets_does_not_depend_on_the_others_or_on_the_width(make_info):
    task = NextItem(replace=0.5).build(make_info([[1]], 60))
    rows = torch.tensor([7, 2])
    items = torch.tensor([list(range(1, 31)), [*range(31, 51), *[0] * 10]])
    both = Sequences(items, torch.tensor([30, 20]), rows, {})
    alone = Sequences(items[1:, :20], both.lengths[1:], rows[1:], {})
    of_both, of_one = (
        task(given, Rng.for_rows(1, 1, given.rows)).inputs.items for given in (both, alone)
    )
    assert of_both[1, :19].equal(of_one[0])
