"""Counting what scores better than the target: eight flags at a time."""

import pytest
import torch

from fw.engine.evaluating.counting import stand
from fw.ranking import Cases


def bare_cases(targets, num_items):
    """Cases of which nothing is excluded."""
    number = torch.arange(len(targets))
    nothing = torch.zeros(0, dtype=torch.int64), torch.zeros(len(targets) + 1, dtype=torch.int64)
    return Cases(number, number, targets, number, *nothing, *nothing, num_items)


# One word, its edges, as many words as a byte can count, one more, and several such blocks.
@pytest.mark.parametrize("num_items", [1, 2, 7, 8, 9, 2040, 2041, 2048, 4081, 5000])
@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_targets_stand_where_counting_one_by_one_puts_them(num_items, levels):
    generator = torch.Generator().manual_seed(num_items)
    scores = torch.randint(levels, (4, num_items + 2), generator=generator).float()
    targets = torch.randint(1, num_items + 1, (4,), generator=generator)
    counts = stand(scores, bare_cases(targets, num_items))["none"].counts
    for row, target in enumerate(targets.tolist()):
        own, others = scores[row, target], scores[row, 1:-1].tolist()
        assert counts.better[row] == sum(one > own for one in others)
        assert counts.tied[row] == sum(one == own for one in others) - 1
        assert counts.eligible[row] == num_items - 1


def test_every_flag_of_a_row_may_be_true():
    scores = torch.ones(1, 4082)
    scores[0, 4080] = 0.0
    counts = stand(scores, bare_cases(torch.tensor([4080]), 4080))["none"].counts
    assert (counts.better, counts.tied) == (4079, 0)
