"""Schedules against values by hand, and against torch's own."""

import pytest
import torch

from fw_plugins.schedules.constant import Constant
from fw_plugins.schedules.cosine import Cosine
from fw_plugins.schedules.linear import Linear


def course(schedule, steps):
    return [schedule(step, steps) for step in range(steps)]


def test_constant_leaves_the_rate_as_it_is():
    assert course(Constant(), 3) == [1, 1, 1]


def test_linear_falls_by_the_same_amount_in_every_step():
    assert course(Linear(), 4) == pytest.approx([1, 0.75, 0.5, 0.25])
    assert course(Linear(final_factor=0.2), 4) == pytest.approx([1, 0.8, 0.6, 0.4])


def test_cosine_is_half_a_period_by_hand():
    # cos of 0, 60, 120 degrees: 1, 1/2, -1/2
    assert course(Cosine(), 3) == pytest.approx([1, 0.75, 0.25])
    assert course(Cosine(final_factor=0.2), 3) == pytest.approx([1, 0.8, 0.4])


@pytest.mark.parametrize("final", [0.0, 0.3])
def test_cosine_is_torchs_cosine_annealing(final):
    rate, steps = 0.1, 25
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)
    torchs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=rate * final)
    expected = []
    for _ in range(steps):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        torchs.step()
    found = [rate * factor for factor in course(Cosine(final_factor=final), steps)]
    assert found == pytest.approx(expected)
