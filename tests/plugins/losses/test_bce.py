"""Binary cross-entropy against a loop in float64."""

import math

import pytest
import torch

from fw import Batch, Negatives, Sequences, StepOutput
from fw.nn.items import ItemTable
from fw_plugins.losses.bce import BinaryCrossEntropy


def output_of(hidden, targets, negatives, collides, table):
    rows = torch.arange(len(targets))
    sequences = Sequences(targets, (targets > 0).sum(1), rows)
    drawn = Negatives(negatives, torch.zeros_like(negatives, dtype=torch.float32), collides)
    batch = Batch(sequences, sequences, sequences)
    return StepOutput(batch, table, hidden=hidden, negatives=drawn)


def slow_loss(hidden, targets, negatives, collides, weight):
    total, count = 0.0, 0
    for row, position in torch.cartesian_prod(*map(torch.arange, targets.shape)).tolist():
        usable = [
            item
            for item, hit in zip(
                negatives[row, position].tolist(), collides[row, position].tolist(), strict=True
            )
            if not hit
        ]
        target = targets[row, position].item()
        if target == 0 or not usable:
            continue
        state = hidden[row, position].double()
        total -= math.log(torch.sigmoid(state @ weight[target].double()))
        for item in usable:
            total -= math.log(1 - torch.sigmoid(state @ weight[item].double()))
        count += 1
    return total, count


@pytest.fixture
def table():
    torch.manual_seed(0)
    return ItemTable(9, 4, torch.nn.init.normal_)


@pytest.mark.parametrize("num_negatives", [1, 3])
def test_the_sum_equals_a_loop_over_positions(table, num_negatives):
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(3, 5, 4, generator=generator)
    targets = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [0, 0, 0, 0, 0]])
    negatives = torch.randint(1, 10, (3, 5, num_negatives), generator=generator)
    collides = torch.rand(3, 5, num_negatives, generator=generator) < 0.3
    term = BinaryCrossEntropy()(output_of(hidden, targets, negatives, collides, table))
    total, count = slow_loss(hidden, targets, negatives, collides, table.weight.detach())
    assert term.total.item() == pytest.approx(total, rel=1e-5)
    assert term.count.item() == count


def test_scores_of_zero_cost_the_log_of_two_for_each_of_target_and_negative(table):
    hidden = torch.zeros(1, 1, 4)
    one = torch.ones(1, 1, dtype=torch.int64)
    negative = torch.full((1, 1, 1), 2)
    no_collision = torch.zeros(1, 1, 1, dtype=torch.bool)
    term = BinaryCrossEntropy()(output_of(hidden, one, negative, no_collision, table))
    assert term.total.item() == pytest.approx(2 * math.log(2))


def test_scores_far_from_zero_stay_finite(table):
    hidden = torch.full((1, 1, 4), 1e4, requires_grad=True)
    one = torch.ones(1, 1, dtype=torch.int64)
    negative = torch.full((1, 1, 1), 2)
    no_collision = torch.zeros(1, 1, 1, dtype=torch.bool)
    term = BinaryCrossEntropy()(output_of(hidden, one, negative, no_collision, table))
    term.total.backward()
    assert term.total.isfinite()
    assert hidden.grad.isfinite().all()


def test_a_part_without_targets_gives_zero_over_zero_without_nan(table):
    nothing = torch.zeros(1, 2, dtype=torch.int64)
    negatives = torch.ones(1, 2, 1, dtype=torch.int64)
    collides = torch.zeros(1, 2, 1, dtype=torch.bool)
    hidden = torch.randn(1, 2, 4)
    term = BinaryCrossEntropy()(output_of(hidden, nothing, negatives, collides, table))
    assert (term.total.item(), term.count.item()) == (0.0, 0)
