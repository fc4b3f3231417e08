"""Substitute and insert against a loop over items that is told the same places."""

import pytest
import torch

from fw.augmentation import random_places
from fw.random import Rng
from fw_plugins.augmenters.insert import Insert
from fw_plugins.augmenters.substitute import Substitute

# Users pair items off: 1 with 2, 3 with 4, 5 with 6; item 7 is never with another.
PAIRS = [[1, 2], [3, 4], [5, 6], [7], [2, 1]]
PARTNER = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 7}
ROWS = [[1, 3, 5, 7, 2, 4], [1], [], [6, 5, 4], [7, 7, 1, 1, 3]]


@pytest.fixture
def info(make_info):
    return make_info(PAIRS, 7, max_len=6)


def places_of(sequences, counts, rng):
    chosen = random_places(sequences, torch.tensor(counts), rng)
    return [row.nonzero().flatten().tolist() for row in chosen]


def slow_insert(row, places, max_len):
    longer = []
    for place, item in enumerate(row):
        longer += [PARTNER[item], item] if place in places else [item]
    return longer[-max_len:]


def slow_substitute(row, places):
    return [PARTNER[item] if place in places else item for place, item in enumerate(row)]


def lists(view):
    return [items[:n] for items, n in zip(view.items.tolist(), view.lengths.tolist(), strict=True)]


# max(int(ratio * length), 1) of lengths 6, 1, 0, 3, 5
COUNTS = {0.0: [1, 1, 0, 1, 1], 0.4: [2, 1, 0, 1, 2], 1.0: [6, 1, 0, 3, 5]}


@pytest.mark.parametrize("ratio", COUNTS)
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_substitute_equals_a_loop_over_items(info, sequences_of, ratio, epoch):
    sequences = sequences_of(ROWS, columns=True)
    rng = Rng.for_rows(1, epoch, sequences.rows)
    view = Substitute(ratio=ratio).build(info)(sequences, rng)
    places = places_of(sequences, COUNTS[ratio], rng)
    assert lists(view) == [slow_substitute(*pair) for pair in zip(ROWS, places, strict=True)]
    assert torch.equal(view.columns["time"], sequences.columns["time"])


@pytest.mark.parametrize("ratio", COUNTS)
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_insert_equals_a_loop_over_items_and_keeps_the_newest(info, sequences_of, ratio, epoch):
    sequences = sequences_of(ROWS)
    rng = Rng.for_rows(1, epoch, sequences.rows)
    view = Insert(ratio=ratio).build(info)(sequences, rng)
    places = places_of(sequences, COUNTS[ratio], rng)
    assert lists(view) == [slow_insert(*pair, 6) for pair in zip(ROWS, places, strict=True)]


def test_what_is_inserted_has_the_columns_of_the_item_behind_it(info, sequences_of):
    sequences = sequences_of([[1, 3]], columns=True)
    view = Insert(ratio=1.0).build(info)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.items.tolist() == [[2, 1, 4, 3]]
    assert view.columns["time"].tolist() == [[10, 10, 30, 30]]


def test_inserting_makes_the_view_as_wide_as_its_longest_row_can_get(info, sequences_of):
    insert = Insert(ratio=0.4).build(info)
    assert [insert.longest(length) for length in (1, 2, 3, 5, 6)] == [2, 3, 4, 6, 6]
    sequences = sequences_of([[1, 3], [1]], width=3)
    assert insert(sequences, Rng.for_rows(1, 1, sequences.rows)).items.shape == (2, 4)


@pytest.mark.parametrize("settings", [Substitute(), Insert()])
def test_the_table_moves_with_the_module_and_stays_out_of_checkpoints(info, settings):
    module = settings.build(info)
    assert module.to("meta").similar.device.type == "meta"
    assert not module.state_dict()
