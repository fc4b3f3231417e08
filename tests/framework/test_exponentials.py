"""Sums of exponentials are torch's, also where nearly all of them are nothing."""

import pytest
import torch

from fw.exponentials import NOTHING, log_sum_exp


def value_and_gradient(compute, values):
    """Return what is computed of a copy of values, and the gradient of its weighted sum."""
    given = values.clone().requires_grad_()
    found = compute(given)
    (found * torch.arange(1, len(found) + 1)).sum().backward()
    return found.detach(), given.grad


@pytest.mark.parametrize("spread", [0.01, 1.0, 30.0, 1000.0])
def test_it_is_torchs_of_what_is_chosen(spread):
    torch.manual_seed(1)
    values = torch.randn(6, 40, dtype=torch.float64) * spread + 50
    chosen = torch.rand(6, 40) < 0.5
    hidden = values.masked_fill(~chosen, -torch.inf)
    expected = value_and_gradient(lambda given: given.logsumexp(-1), hidden)
    found = value_and_gradient(lambda given: log_sum_exp(given, chosen), values)
    torch.testing.assert_close(found, expected)


def test_of_two_equal_values_it_is_log_2_more():
    found = log_sum_exp(torch.tensor([[3.0, 3.0, 9.0]]), torch.tensor([[True, True, False]]))
    assert found.item() == pytest.approx(3.693147)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_far_below_or_far_above_loses_nothing(dtype):
    values = torch.tensor([[-3e4, 7.0, -90.0], [3e4, 3e4 - 200, 0.0]], dtype=dtype)
    found = log_sum_exp(values, torch.ones(2, 3, dtype=torch.bool))
    assert found.tolist() == [7.0, 3e4]


def test_where_nothing_is_chosen_it_is_nothing_with_a_gradient_of_zero():
    values, nothing = torch.randn(2, 5), torch.zeros(2, 5, dtype=torch.bool)
    found, gradient = value_and_gradient(lambda given: log_sum_exp(given, nothing), values)
    assert found.tolist() == pytest.approx([NOTHING] * 2)
    assert gradient.tolist() == torch.zeros(2, 5).tolist()
