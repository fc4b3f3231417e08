"""Only the newest item is a target; with random prefixes, each prefix's in its turn."""

import pytest
import torch
from scipy.stats import chisquare

from fw import Sequences
from fw.random import Rng
from fw_plugins.tasks.last_item import LastItem


def history_of(*rows, width=None):
    width = width or max(len(row) for row in rows)
    items = torch.tensor([list(row) + [0] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return Sequences(items, lengths, torch.arange(len(rows)), {"rating": items * 10})


def batch_of(*rows, epoch=1, width=None, **settings):
    history = history_of(*rows, width=width)
    return LastItem(**settings)(history, Rng.for_rows(1, epoch, history.rows))


def test_the_newest_item_is_predicted_from_those_before_it():
    batch = batch_of([1, 2, 3, 4], [5, 6])
    assert batch.inputs.items.tolist() == [[1, 2, 3], [5, 0, 0]]
    assert batch.targets.items.tolist() == [[0, 0, 4], [6, 0, 0]]
    assert batch.inputs.lengths.tolist() == batch.targets.lengths.tolist() == [3, 1]


def test_case_B20_a_part_of_one_item_gives_no_pair():
    batch = batch_of([11], width=6)
    assert batch.inputs.lengths.tolist() == [0]
    assert batch.inputs.items.sum() == batch.targets.items.sum() == 0


def test_columns_go_along_and_nothing_of_the_target_stands_in_the_inputs():
    batch = batch_of([1, 2, 3], [5, 6])
    assert batch.inputs.columns["rating"].tolist() == [[10, 20], [50, 0]]
    assert batch.targets.columns["rating"].tolist() == [[20, 30], [60, 0]]


def test_every_prefix_of_two_items_or_more_is_as_likely_as_another():
    row = [1, 2, 3, 4, 5]
    batches = [batch_of(*[row] * 500, epoch=epoch, prefix="random") for epoch in range(4)]
    found = []
    for batch in batches:
        for inputs, targets, length in zip(
            batch.inputs.items.tolist(),
            batch.targets.items.tolist(),
            batch.inputs.lengths.tolist(),
            strict=True,
        ):
            rest = [0] * (len(row) - 1 - length)
            assert inputs == row[:length] + rest
            assert targets == [0] * (length - 1) + [row[length]] + rest
            found.append(length)
    counts = [found.count(length) for length in range(1, len(row))]
    assert sum(counts) == 2000
    assert chisquare(counts).pvalue > 1e-4


def test_a_history_as_it_is_asks_for_what_comes_next():
    history = history_of([1, 2, 3], [4])
    assert LastItem().query(history) is history
    assert LastItem().num_targets(200) == 1


@pytest.mark.parametrize(
    ("prefix", "counts"),
    [
        ("whole", [0, 0, 0, 0, 1, 1, 0, 0]),
        ("random", [0, 0, 0, 0.5, 0.5, 1, 0, 0]),  # 3 and 4 of row one; max_len is 2
    ],
)
def test_how_often_items_are_targets(make_info, prefix, counts):
    info = make_info([[1, 2, 3, 4], [5, 5], [6], []], 6, max_len=2)
    assert LastItem(prefix=prefix).target_counts(info).tolist() == counts


def test_a_row_of_two_items_has_one_prefix():
    batch = batch_of([7, 8], [9], prefix="random")
    assert batch.inputs.items.tolist() == [[7], [0]]
    assert batch.targets.items.tolist() == [[8], [0]]
