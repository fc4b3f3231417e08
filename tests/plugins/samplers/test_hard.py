"""The best of n: which candidates are kept, and how often by hand."""

import math

import pytest
import torch

from fw import StepOutput
from fw.nn.items import ItemTable
from fw_plugins.samplers.hard import Hard

ROWS, NUM_ITEMS = [[1, 2], [3, 9]], 9


@pytest.fixture
def output(batch_of):
    """Every item scores its own number at positions of row 0, and minus that at those of row 1."""
    table = ItemTable(NUM_ITEMS, 1, torch.nn.init.zeros_)
    table.weight.data[:, 0] = torch.arange(NUM_ITEMS + 2)
    width = 400
    batch = batch_of([0, 1], [[2] * width, [9] * width])
    hidden = torch.tensor([1.0, -1.0])[:, None, None].expand(2, width, 1).clone().requires_grad_()
    return StepOutput(batch, table, hidden=hidden)


def selected(counted_info, draw, output, **settings):
    sampler = Hard(**settings).build(counted_info(ROWS, NUM_ITEMS))
    drawn = draw(sampler, output.batch)
    return drawn, sampler.select(output._replace(negatives=drawn))


def test_the_candidates_that_score_highest_are_kept_best_first(counted_info, draw, output):
    drawn, kept = selected(counted_info, draw, output, num_candidates=5, num_negatives=2)
    for row, sign in enumerate([1, -1]):
        for position in range(20):
            candidates = drawn.items[row, position].tolist()
            best = sorted(candidates, key=lambda item: -sign * item)[:2]
            assert kept.items[row, position].tolist() == best


def test_the_best_of_two_is_the_larger_of_two_uniform_draws(counted_info, draw, output):
    _, kept = selected(counted_info, draw, output, num_candidates=2)
    # Row 0 draws from 3 to 9: both are below 9 with probability (6 / 7)^2.
    share = (kept.items[0] == 9).float().mean().item()
    assert share == pytest.approx(1 - (6 / 7) ** 2, abs=4 * math.sqrt(0.25 / 400))


def test_what_is_kept_carries_the_probability_of_its_candidate(counted_info, draw, output):
    _, kept = selected(counted_info, draw, output, num_candidates=3, num_negatives=2)
    assert kept.log_probability.shape == kept.collides.shape == (2, 400, 2)
    assert kept.log_probability.exp().flatten().tolist() == pytest.approx([1 / 7] * 1600, abs=1e-6)
    assert kept.target_log_probability.shape == (2, 400)


def test_as_many_as_are_drawn_may_be_kept(counted_info, draw, output):
    drawn, kept = selected(counted_info, draw, output, num_candidates=3, num_negatives=3)
    assert kept.items.sort(-1).values.tolist() == drawn.items.sort(-1).values.tolist()


def test_no_gradient_goes_through_the_choice(counted_info, draw, output):
    _, kept = selected(counted_info, draw, output)
    assert not kept.log_probability.requires_grad


def test_more_than_are_drawn_cannot_be_kept():
    with pytest.raises(
        ValueError, match=r"^num_negatives must be at most num_candidates \(3\), found 4$"
    ):
        Hard(num_candidates=3, num_negatives=4)


def test_less_than_one_cannot_be_kept():
    with pytest.raises(ValueError, match=r"^num_negatives must be at least 1, found 0$"):
        Hard(num_negatives=0)
