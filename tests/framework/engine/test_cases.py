"""Cases of a split: histories end before the target, lists are what was seen and trained on."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from fw.data.split import CaseList
from fw.engine.evaluating.cases import CaseStore

ROWS = [[4, 2, 4, 9], [7, 1, 1, 3, 5, 8, 2], [3, 5, 8]]


@pytest.fixture
def split(make_split):
    return make_split(ROWS, 9)


def lists(items, offsets):
    return [items[first:last].tolist() for first, last in pairwise(offsets)]


def test_cases_come_longest_history_first_with_their_numbers(split):
    cases = CaseStore(split, split.test).chunk(0, 3)
    assert cases.ids.tolist() == [1, 0, 2]
    assert cases.rows.tolist() == [1, 0, 2]
    assert cases.targets.tolist() == [2, 9, 8]
    assert cases.history_lengths.tolist() == [6, 3, 2]


def test_seen_and_trained_items_are_distinct_and_sorted_in_every_chunk(split):
    store = CaseStore(split, split.test)
    for first, last in ((0, 3), (1, 3), (2, 3)):
        cases = store.chunk(first, last)
        rows = [ROWS[row] for row in cases.rows]
        assert lists(cases.seen, cases.offsets) == [sorted(set(row[:-1])) for row in rows]
        trained = [sorted(set(row[:-2])) for row in rows]
        assert lists(cases.trained, cases.train_offsets) == trained


def test_excluded_items_name_their_case(split):
    cases = CaseStore(split, split.valid).chunk(0, 3)
    items, owners = cases.excluded("seen")
    assert list(zip(owners.tolist(), items.tolist(), strict=True)) == [
        (0, 1), (0, 3), (0, 5), (0, 7), (1, 2), (1, 4), (2, 3)
    ]  # fmt: skip
    assert [len(part) for part in cases.excluded("none")] == [0, 0]


def test_histories_are_the_newest_items_before_the_target(split):
    histories = CaseStore(split, split.test).histories(0, 3, max_len=4)
    assert histories.items.tolist() == [[1, 3, 5, 8], [4, 2, 4, 0], [3, 5, 0, 0]]
    assert histories.lengths.tolist() == [4, 3, 2]


def test_a_chunk_is_as_wide_as_its_longest_history(split):
    assert CaseStore(split, split.test).histories(1, 3, max_len=50).items.shape == (2, 3)


def test_several_cases_of_one_row_are_cut_where_each_says(split):
    store = CaseStore(split, CaseList(np.array([1, 1]), np.array([4, 6])))
    cases = store.chunk(0, 2)
    assert cases.targets.tolist() == [2, 5]
    assert lists(cases.seen, cases.offsets) == [[1, 3, 5, 7, 8], [1, 3, 7]]


def test_spans_cover_every_case_once_whatever_the_batch_size(split):
    store = CaseStore(split, split.test)
    assert list(store.spans(2, max_len=50)) == [(0, 2), (2, 3)]
    assert list(store.spans(500, max_len=50)) == [(0, 3)]


def test_on_a_cpu_a_chunk_ends_where_histories_become_much_shorter(make_split):
    split = make_split([[1, 2, 3, 4, 5] * 8] * 20 + [[1, 2, 3, 4, 5] * 4] * 20, 5)
    store = CaseStore(split, split.test)
    assert list(store.spans(500, max_len=50)) == [(0, 20), (20, 40)]
    few = [(0, 15), (15, 22), (22, 30), (30, 40)]  # five long ones are filled up to 256 positions
    assert list(store.spans(15, max_len=50)) == few
    assert list(store.spans(500, max_len=19)) == [(0, 40)]


def test_values_are_brought_back_into_the_order_of_the_case_list(split):
    store = CaseStore(split, split.test)
    assert store.restored(store.chunk(0, 3).targets).tolist() == [9, 2, 8]


def test_cases_are_no_part_of_a_checkpoint(split):
    assert CaseStore(split, split.test).state_dict() == {}
    assert isinstance(CaseStore(split, split.test), torch.nn.Module)
