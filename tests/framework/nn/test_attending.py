"""Attention under a mask, by all three ways of computing it, against a loop."""

import math

import pytest
import torch
from torch.testing import assert_close

from fw.nn.attending import (
    attend,
    attend_at_once,
    attend_fused,
    causal_mask,
    hide_gaps,
    hide_padding,
    take,
    take_queries,
)
from fw.nn.attending_in_parts import attend_in_parts
from fw.nn.heads import join_heads, split_heads
from fw.nn.in_parts import parts_of
from fw.nn.packing import Packing

LENGTHS = [1, 5, 64, 97, 200]  # one part, two, three


def made_up(length, size=4, rows=2):
    generator = torch.Generator().manual_seed(0)
    made = (torch.randn(rows, length, size, generator=generator) for _ in range(3))
    return [values.double().requires_grad_() for values in made]


def in_parts(query, key, value, mask, kept=(), num_heads=1):
    packing = Packing([query.shape[:2]], [mask])
    flat = (values.flatten(0, 1) for values in (query, key, value))
    return packing.cut(attend_in_parts(*flat, packing, num_heads, kept, 1.25))[0]


def ones(shape, dtype):
    return torch.ones(shape, dtype=dtype)


def slow(query, key, value, seen):
    """Look from each position at those that it sees; ``seen(row, i, j)`` says which."""
    attended, scale = torch.zeros_like(value), math.sqrt(query.shape[-1])
    for row in range(len(query)):
        for i in range(query.shape[1]):
            places = [j for j in range(query.shape[1]) if seen(row, i, j)]
            shares = torch.exp(torch.stack([query[row, i] @ key[row, j] / scale for j in places]))
            attended[row, i] = (shares / shares.sum()) @ value[row, places]
    return attended


@pytest.mark.parametrize("length", [1, 5, 97])
def test_parts_equal_a_loop_and_so_do_their_gradients(length):
    query, key, value = made_up(length)
    expected = slow(query, key, value, lambda row, i, j: j <= i)
    attended = in_parts(query, key, value, causal_mask(length, query))
    assert_close(attended, expected)
    towards = torch.randn_like(expected)
    gradients = torch.autograd.grad(attended, (query, key, value), towards)
    for gradient, slow_one in zip(
        gradients, torch.autograd.grad(expected, (query, key, value), towards), strict=True
    ):
        assert_close(gradient, slow_one)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("gaps", [False, True])
def test_the_fused_kernel_gives_the_same_as_parts(length, gaps):
    query, key, value = (values.detach() for values in made_up(length))
    mask = causal_mask(length, query)
    if gaps:
        mask = hide_gaps(mask, torch.arange(2 * length).view(2, length) % 3)
    assert_close(attend_fused(query, key, value, mask), in_parts(query, key, value, mask))


def test_gaps_are_hidden_from_all_but_themselves():
    items = torch.tensor([[0, 3, 0, 4], [1, 2, 3, 0]])
    query, key, value = made_up(4)
    mask = hide_gaps(causal_mask(4, query), items)
    expected = slow(query, key, value, lambda row, i, j: j == i or (j < i and items[row, j] != 0))
    assert_close(attend(query, key, value, mask, None), expected)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("num_heads", [1, 2])
@pytest.mark.parametrize("gaps", [False, True])
def test_parts_and_their_gradients_with_dropout_and_heads_are_those_of_autograd(
    length, num_heads, gaps
):
    given = made_up(length)
    mask = causal_mask(length, given[0])
    if gaps:
        mask = hide_gaps(mask, torch.arange(2 * length).view(2, length) % 3)
    kept = torch.randint(2, (2 * num_heads, length, length), dtype=torch.uint8)
    of_parts = [kept[:, start:stop, :stop] for start, stop in parts_of(length)]
    attended = in_parts(*given, mask, of_parts, num_heads)
    by_head = [split_heads(values, num_heads) for values in given]
    whole = mask.repeat_interleave(num_heads, 0) if gaps else mask
    expected = join_heads(attend_at_once(*by_head, whole, lambda *_: kept * 1.25), num_heads)
    assert_close(attended, expected)
    towards = torch.randn_like(expected)
    assert_close(
        torch.autograd.grad(attended, given, towards), torch.autograd.grad(expected, given, towards)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_case_B23_masks_hold_zero_and_infinity_alone(dtype):
    mask = causal_mask(3, torch.zeros(1, dtype=dtype))
    assert mask.dtype == dtype
    assert mask.tolist() == [[0, -math.inf, -math.inf], [0, 0, -math.inf], [0, 0, 0]]
    assert hide_gaps(mask, torch.tensor([[0, 0, 1]])).dtype == dtype


def test_case_B22_a_row_of_gaps_alone_has_finite_values_and_gradients():
    query, key, value = made_up(3)
    mask = hide_gaps(causal_mask(3, query), torch.zeros(2, 3, dtype=torch.int64))
    attended = attend(query, key, value, mask, None)
    attended.sum().backward()
    assert_close(attended, value)
    assert all(values.grad.isfinite().all() for values in (query, key, value))


@pytest.mark.parametrize("gaps", [False, True])
def test_one_query_of_a_row_attends_as_it_does_among_all(gaps):
    query, key, value = made_up(97)
    mask, places = causal_mask(97, query), torch.tensor([96, 4])
    if gaps:
        mask = hide_gaps(mask, torch.arange(2 * 97).view(2, 97) % 3)
    attended = attend(take(query, places), key, value, take_queries(mask, places), None)
    assert_close(attended, take(attend(query, key, value, mask, None), places))


ITEMS = torch.tensor([[3, 0, 2, 4, 0], [1, 0, 0, 0, 0]])


@pytest.mark.parametrize("dropping", [False, True])
def test_without_causality_every_position_sees_all_that_is_no_padding(dropping):
    query, key, value = made_up(5)
    mask = hide_padding(ITEMS, query)
    expected = slow(query, key, value, lambda row, i, j: ITEMS[row, j] != 0)
    drop = ones if dropping else None
    attended = attend(query, key, value, mask, drop, causal=False)
    assert_close(attended, expected)
    places = torch.tensor([3, 0])
    alone = attend(take(query, places), key, value, take_queries(mask, places), drop, causal=False)
    assert_close(alone, take(expected, places))


def test_without_causality_a_mask_of_zeros_hides_nothing():
    query, key, value = made_up(5)
    expected = slow(query, key, value, lambda row, i, j: True)
    mask = torch.zeros(5, 5).double()
    assert_close(attend(query, key, value, mask, None, causal=False), expected)
    assert_close(attend(query, key, value, mask, ones, causal=False), expected)


def test_case_B22_a_row_of_padding_alone_hides_nothing():
    query, key, value = made_up(3)
    mask = hide_padding(torch.tensor([[0, 0, 0], [1, 2, 0]]), query)
    assert mask.tolist() == [[[0, 0, 0]], [[0, 0, -math.inf]]]
    attended = attend(query, key, value, mask, None, causal=False)
    attended.sum().backward()
    assert all(values.grad.isfinite().all() for values in (query, key, value))
