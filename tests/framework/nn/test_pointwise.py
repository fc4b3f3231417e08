"""Pointwise attention in parts, against all pairs at once."""

import pytest
import torch
from torch.nn.functional import silu
from torch.testing import assert_close

from fw.nn.attending import causal_mask, hide_gaps
from fw.nn.heads import by_head
from fw.nn.packing import Packing
from fw.nn.pointwise_in_parts import HIDDEN, attend_pointwise_in_parts

SCALE = 0.3
SHAPES = [(2, 1), (1, 5), (2, 64), (3, 97), (1, 200)]  # of one part of the queries, two, three


def made_up(num_heads, *, of_rows):
    """Make queries, keys and values of another size, and a bias for each group."""
    torch.manual_seed(0)
    total = sum(rows * width for rows, width in SHAPES)
    sizes = [4 * num_heads, 4 * num_heads, 6 * num_heads]
    values = [torch.randn(total, size).double().requires_grad_() for size in sizes]
    shapes = [(rows, width, width) if of_rows else (width, width) for rows, width in SHAPES]
    return values, [torch.randn(shape).double().requires_grad_() for shape in shapes]


def packing_of(*, gaps):
    masks = [causal_mask(width, torch.zeros(1).double()) for _, width in SHAPES]
    if gaps:
        items = [torch.arange(rows * width).view(rows, width) % 3 for rows, width in SHAPES]
        masks = [hide_gaps(*each) for each in zip(masks, items, strict=True)]
    return Packing(SHAPES, masks)


def at_once(query, key, value, mask, bias, num_heads):
    query, key, value = (by_head(each, num_heads) for each in (query, key, value))
    mask, bias = (each if each.dim() == 2 else each.unsqueeze(1) for each in (mask, bias))
    weights = torch.where(mask == 0, silu(query @ key.mT + bias), 0)
    return SCALE * (weights @ value).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("num_heads", [1, 2])
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("of_rows", [False, True])
def test_parts_and_their_gradients_are_those_of_all_pairs_at_once(num_heads, gaps, of_rows):
    values, biases = made_up(num_heads, of_rows=of_rows)
    packing = packing_of(gaps=gaps)
    groups = zip(*map(packing.cut, values), packing.masks, biases, strict=True)
    expected = torch.cat([at_once(*group, num_heads).flatten(0, 1) for group in groups])
    hiding = [b + mask.clamp(min=HIDDEN) for b, mask in zip(biases, packing.masks, strict=True)]
    attended = attend_pointwise_in_parts(*values, packing, num_heads, hiding, SCALE)
    assert_close(attended, expected)
    towards, given = torch.randn_like(expected), [*values, *biases]
    assert_close(
        torch.autograd.grad(attended, given, towards), torch.autograd.grad(expected, given, towards)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_what_is_hidden_counts_for_nothing_in_any_precision(dtype):
    hidden = torch.tensor([HIDDEN, HIDDEN + 30], dtype=dtype, requires_grad=True)
    weights = silu(hidden)
    weights.sum().backward()
    assert weights.tolist() == [0, 0]
    assert hidden.grad.tolist() == [0, 0]
