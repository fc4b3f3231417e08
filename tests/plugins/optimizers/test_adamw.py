"""AdamW against its formulas, and what its weight decay leaves alone."""

import pytest
import torch
from torch import nn

from fw_plugins.optimizers.adamw import AdamW

RATE, BETAS, EPSILON = 0.01, (0.9, 0.98), 1e-8


def slow_adamw(value, gradients, decay):
    """Algorithm 2 of the paper, its green lines; the schedule's multiplier is the rate."""
    first = second = 0.0
    for step, gradient in enumerate(gradients, start=1):
        first = BETAS[0] * first + (1 - BETAS[0]) * gradient
        second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
        corrected = first / (1 - BETAS[0] ** step), second / (1 - BETAS[1] ** step)
        value -= RATE * (corrected[0] / (corrected[1] ** 0.5 + EPSILON) + decay * value)
    return value


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_of_a_matrix_equal_the_published_formulas(decay):
    parameter = nn.Parameter(torch.full((2, 3), 2.0))
    optimizer = AdamW(learning_rate=RATE, weight_decay=decay)([parameter])
    gradients = [0.5, -1.0, 0.25]
    for gradient in gradients:
        parameter.grad = torch.full((2, 3), gradient)
        optimizer.step()
    expected = torch.full((2, 3), slow_adamw(2.0, gradients, decay))
    torch.testing.assert_close(parameter.data, expected)


def test_matrices_shrink_without_a_gradient_and_vectors_do_not():
    layers = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3))
    before = {name: weight.clone() for name, weight in layers.named_parameters()}
    optimizer = AdamW(learning_rate=0.1, weight_decay=0.5)(layers.parameters())
    for parameter in layers.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, weight in layers.named_parameters():
        left = 0.95 if name == "0.weight" else 1.0
        torch.testing.assert_close(weight.data, before[name] * left)


@pytest.mark.parametrize("model", [nn.Linear(3, 3, bias=False), nn.LayerNorm(3)])
def test_a_model_of_matrices_or_vectors_alone_has_one_group(model):
    assert len(AdamW()(model.parameters()).param_groups) == 1
