"""Sequences and what can be done with them."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fw import Sequences, keep_items


def padded(rows, **more):
    width = max(map(len, rows), default=0)
    items = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    return Sequences(
        items, torch.tensor([len(row) for row in rows]), torch.arange(len(rows)), **more
    )


def test_the_newest_item_of_each_row_is_padding_where_there_is_none():
    assert padded([[4, 2, 7], [5], []]).newest_items().tolist() == [7, 5, 0]


def test_real_positions_and_the_newest_one():
    sequences = padded([[5, 6, 7], [8]])
    assert sequences.is_real().tolist() == [[True, True, True], [True, False, False]]
    assert sequences.is_newest().tolist() == [[False, False, True], [True, False, False]]


ROWS = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=8), min_size=1, max_size=5)


@given(ROWS, st.randoms())
@settings(max_examples=50)
def test_keeping_items_equals_choosing_them_from_lists(rows, random):
    sequences = padded(rows)
    width = sequences.items.shape[1]
    keep = [[random.random() < 0.5 for _ in range(width)] for _ in rows]
    kept = keep_items(sequences, torch.tensor(keep))
    for row, flags, items, length in zip(
        rows, keep, kept.items.tolist(), kept.lengths.tolist(), strict=True
    ):
        expected = [item for item, flag in zip(row, flags, strict=False) if flag]
        assert items == expected + [0] * (width - len(expected))
        assert length == len(expected)


def test_columns_move_with_their_items_and_the_input_stays_as_it_was():
    ratings = torch.tensor([[1.0, 2.0, 3.0]])
    sequences = padded([[5, 6, 7]], columns={"rating": ratings})
    kept = keep_items(sequences, torch.tensor([[True, False, True]]))
    assert kept.columns["rating"].tolist() == [[1.0, 3.0, 0.0]]
    assert sequences.items.tolist() == [[5, 6, 7]]
    assert ratings.tolist() == [[1.0, 2.0, 3.0]]
