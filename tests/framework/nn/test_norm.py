"""LayerNorm and its gradients, against torch's own."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from fw.nn.norm import LayerNorm


@pytest.mark.parametrize("shape", [(50,), (7, 50), (3, 4, 50), (2, 3, 4, 16)])
@pytest.mark.parametrize("eps", [1e-8, 1e-5])
def test_values_and_gradients_are_those_of_torch(shape, eps):
    torch.manual_seed(0)
    ours, theirs = LayerNorm(shape[-1], eps).double(), nn.LayerNorm(shape[-1], eps).double()
    ours.weight.data.normal_()
    ours.bias.data.normal_()
    theirs.load_state_dict(ours.state_dict())
    values = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    towards = torch.randn(shape, dtype=torch.float64)
    found, expected = ours(values), theirs(values)
    assert_close(found, expected)
    assert_close(
        torch.autograd.grad(found, (values, *ours.parameters()), towards),
        torch.autograd.grad(expected, (values, *theirs.parameters()), towards),
    )


def test_a_gradient_that_is_one_number_spread_out_is_taken():
    """A sum's gradient is expanded, not written out."""
    norm = LayerNorm(5)
    norm(torch.randn(3, 5)).sum().backward()
    assert_close(norm.bias.grad, torch.full((5,), 3.0))


def test_under_autocast_it_is_torchs():
    norm = LayerNorm(8)
    values = torch.randn(3, 8, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        assert norm(values).equal(nn.LayerNorm.forward(norm, values))
