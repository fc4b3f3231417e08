"""Training rows and windows of them."""

import numpy as np
import torch

from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.training import TrainingRows

NOBODY = CaseList(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
ROWS = [[4, 2, 4, 9, 1], [7], [3, 5, 8]]
TRAINED = [3, 1, 2]


def training_rows():
    lengths = np.array([len(row) for row in ROWS])
    items = np.concatenate([np.array(row, dtype=np.int32) for row in ROWS])
    store = SequenceStore(
        items=items,
        offsets=np.concatenate([[0], lengths.cumsum()]),
        source_rows=np.arange(len(items)),
        user_ids=np.array(["a", "b", "c"], dtype=object),
        item_ids=np.array([str(number) for number in range(1, 10)], dtype=object),
    )
    split = Split(store=store, train_lengths=np.array(TRAINED), valid=NOBODY, test=NOBODY)
    return TrainingRows(split, {"rating": items.astype(np.float32) / 2})


def test_the_newest_items_of_the_training_part_oldest_first():
    newest = training_rows().newest(torch.tensor([2, 0, 1]), 2)
    assert newest.items.tolist() == [[3, 5], [2, 4], [7, 0]]
    assert newest.lengths.tolist() == [2, 2, 1]
    assert newest.rows.tolist() == [2, 0, 1]


def test_columns_come_with_the_items():
    newest = training_rows().newest(torch.tensor([0, 1]), 3)
    assert newest.columns["rating"].tolist() == [[2.0, 1.0, 2.0], [3.5, 0.0, 0.0]]


def test_a_window_may_end_anywhere_in_a_row():
    window = training_rows().window(torch.tensor([0, 0, 2]), torch.tensor([5, 1, 0]), 3)
    assert window.items.tolist() == [[4, 9, 1], [4, 0, 0], [0, 0, 0]]
    assert window.lengths.tolist() == [3, 1, 0]


def test_distinct_items_are_those_of_the_training_parts_sorted():
    rows, items = training_rows().distinct_items()
    assert list(zip(rows.tolist(), items.tolist(), strict=True)) == [
        (row, item) for row, had in enumerate(ROWS) for item in sorted(set(had[: TRAINED[row]]))
    ]


def test_the_data_is_not_part_of_a_checkpoint():
    assert training_rows().state_dict() == {}
