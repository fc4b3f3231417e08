"""Linear maps and their gradients, against torch's own."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from fw.nn.linear import Linear, mapped_by_each, over_rows


@pytest.mark.parametrize("shape", [(5,), (7, 5), (3, 4, 5), (4099, 5), (2, 2048, 5), (0, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_those_of_torch(shape, bias):
    torch.manual_seed(0)
    ours, theirs = (kind(5, 3, bias=bias).double() for kind in (Linear, nn.Linear))
    theirs.load_state_dict(ours.state_dict())
    values = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    towards = torch.randn((*shape[:-1], 3), dtype=torch.float64)
    found, expected = ours(values), theirs(values)
    assert_close(found, expected)
    assert_close(
        torch.autograd.grad(found, (values, *ours.parameters()), towards),
        torch.autograd.grad(expected, (values, *theirs.parameters()), towards),
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("precision", [torch.float64, torch.bfloat16])
def test_several_maps_of_the_same_values_are_those_of_each_alone(bias, precision):
    maps = [Linear(5, size, bias=bias).double() for size in (3, 4, 3)]
    values = torch.randn(2, 7, 5, dtype=torch.float64, requires_grad=True)
    given = (values, *(weight for each in maps for weight in each.parameters()))
    with torch.autocast("cpu", precision, enabled=precision == torch.bfloat16):
        found = mapped_by_each(values, maps)
        expected = [nn.Linear.forward(each, values) for each in maps]
    assert_close(list(found), expected)
    towards = [torch.randn_like(each) for each in expected]
    assert_close(
        torch.autograd.grad(found, given, towards), torch.autograd.grad(expected, given, towards)
    )


def test_one_of_several_maps_may_be_left_unused():
    maps, values = [Linear(5, 3), Linear(5, 4)], torch.randn(6, 5, requires_grad=True)
    _, second = mapped_by_each(values, maps)
    second.sum().backward()
    assert_close(values.grad, maps[1].weight.sum(0).expand(6, 5))
    assert not maps[0].weight.grad.any()


@pytest.mark.parametrize("rows", [1, 2047, 4095, 4096, 6145, 10_000])
def test_products_over_many_rows_are_those_of_one_product(rows):
    left, right = (torch.randint(-3, 4, (rows, size)).double() for size in (3, 4))
    assert over_rows(left, right).equal(left.T @ right)


def test_a_gradient_that_is_one_number_spread_out_is_taken():
    """A sum's gradient is expanded, not written out."""
    layer = Linear(5, 3)
    layer(torch.randn(6, 5)).sum().backward()
    assert_close(layer.bias.grad, torch.full((3,), 6.0))


def test_inputs_that_need_no_gradient_get_none():
    layer, values = Linear(5, 3), torch.randn(2, 5)
    layer(values).sum().backward()
    assert values.grad is None


def test_under_autocast_it_is_torchs():
    layer, values = Linear(8, 3), torch.randn(3, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(values).equal(nn.Linear.forward(layer, values))
