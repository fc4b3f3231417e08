"""Adam against its formulas."""

import pytest
import torch

from fw_plugins.optimizers.adam import Adam


def slow_adam(value, gradients, *, rate, betas, epsilon, decay):
    first = second = 0.0
    for step, gradient in enumerate(gradients, start=1):
        gradient = gradient + decay * value
        first = betas[0] * first + (1 - betas[0]) * gradient
        second = betas[1] * second + (1 - betas[1]) * gradient**2
        corrected = first / (1 - betas[0] ** step), second / (1 - betas[1] ** step)
        value -= rate * corrected[0] / (corrected[1] ** 0.5 + epsilon)
    return value


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_equal_the_published_formulas(decay):
    parameter = torch.nn.Parameter(torch.tensor([2.0]))
    optimizer = Adam(learning_rate=0.01, weight_decay=decay)([parameter])
    gradients = [0.5, -1.0, 0.25]
    for gradient in gradients:
        parameter.grad = torch.tensor([gradient])
        optimizer.step()
    expected = slow_adam(2.0, gradients, rate=0.01, betas=(0.9, 0.98), epsilon=1e-8, decay=decay)
    assert parameter.item() == pytest.approx(expected, abs=1e-6)
