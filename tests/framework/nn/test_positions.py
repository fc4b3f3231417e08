"""Positions counted from either end, and left-padded copies."""

import pytest
import torch

from fw import Sequences
from fw.nn.padding import pad_left, pad_right, places_in_slots
from fw.nn.positions import Positions

LENGTHS = torch.tensor([2, 4, 0])
SEQUENCES = Sequences(
    torch.tensor([[7, 8, 0, 0], [1, 2, 3, 4], [0, 0, 0, 0]]), LENGTHS, torch.arange(3)
)


@pytest.fixture
def numbered():
    """Positions whose vectors are their own numbers."""

    def make(order):
        positions = Positions(5, 1, order, torch.nn.init.zeros_)
        positions.weight.data = torch.arange(5.0)[:, None]
        return positions

    return make


def vectors_of(positions, places):
    return positions(positions.numbers(places, LENGTHS))


def test_from_the_start_all_rows_count_alike(numbered):
    assert vectors_of(numbered("from_start"), torch.arange(3)).tolist() == [[0], [1], [2]]


def test_from_the_end_the_newest_item_has_the_last_position(numbered):
    vectors = vectors_of(numbered("from_end"), torch.arange(4)).squeeze(-1)
    assert vectors[0, :2].tolist() == [3, 4]
    assert vectors[1].tolist() == [1, 2, 3, 4]
    assert vectors.isfinite().all()


def test_both_take_places_of_every_row(numbered):
    places = places_in_slots(LENGTHS, 5)
    assert vectors_of(numbered("from_end"), places)[1].flatten().tolist() == [0, 1, 2, 3, 4]
    assert vectors_of(numbered("from_start"), places)[1, 1:].flatten().tolist() == [0, 1, 2, 3]


def test_rows_move_to_the_right_end():
    expected = [[0, 0, 0, 7, 8], [0, 1, 2, 3, 4], [0, 0, 0, 0, 0]]
    assert pad_left(SEQUENCES, SEQUENCES.items, 5).tolist() == expected


def test_what_was_moved_right_comes_back():
    hidden = pad_left(SEQUENCES, SEQUENCES.items, 5).unsqueeze(-1) * torch.tensor([1, 10])
    back = pad_right(hidden, LENGTHS, 4)
    assert back.shape == (3, 4, 2)
    assert back[0, :2].tolist() == [[7, 70], [8, 80]]
    assert back[1, :, 0].tolist() == [1, 2, 3, 4]


def test_places_of_padding_are_negative():
    assert places_in_slots(LENGTHS, 4).tolist() == [[-2, -1, 0, 1], [0, 1, 2, 3], [-4, -3, -2, -1]]
