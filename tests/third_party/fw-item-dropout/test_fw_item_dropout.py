"""ItemDropout keeps the contract of its kind, and drops as often as it says."""

import torch
from fw import Sequences
from fw.random import Rng
from fw.testing import AugmenterContract

from fw_item_dropout import ItemDropout


class TestItemDropout(AugmenterContract):
    component = ItemDropout


def test_all_but_the_newest_are_dropped_as_often_as_asked():
    rows = torch.arange(1000)
    items = torch.ones(1000, 11, dtype=torch.int64)
    sequences = Sequences(items, torch.full((1000,), 11), rows)
    view = ItemDropout(probability=0.3)(sequences, Rng.for_rows(1, 1, rows))
    assert abs((view.lengths - 1).sum().item() - 7000) < 200  # 4 standard deviations of 46
