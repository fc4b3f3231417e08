"""Self-attention with several heads and with dropout on its weights."""

import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from fw.nn.attending import causal_mask
from fw.nn.attention import SelfAttention
from fw.nn.initialisation import initialise_linear
from fw.random import Rng

SIZE = 6


def attention_of(**settings):
    torch.manual_seed(0)
    return SelfAttention(SIZE, **settings).double()


@pytest.mark.parametrize("num_heads", [1, 2, 3])
@pytest.mark.parametrize("length", [5, 130])
def test_it_equals_torchs_multi_head_attention(num_heads, length):
    attention = attention_of(num_heads=num_heads, out_projection=True)
    theirs = nn.MultiheadAttention(SIZE, num_heads, batch_first=True).double()
    parts = (attention.query, attention.key, attention.value)
    theirs.in_proj_weight.data = torch.cat([part.weight.data for part in parts])
    theirs.in_proj_bias.data = torch.cat([part.bias.data for part in parts])
    theirs.out_proj.load_state_dict(attention.output.state_dict())
    queries, memory = torch.randn(2, 2, length, SIZE).double()
    mask = causal_mask(length, queries)
    expected, _ = theirs(queries, memory, memory, attn_mask=mask, need_weights=False)
    assert_close(attention(queries, memory, mask, None), expected)


def slow_dropped(attention, values, rng, threshold):
    """Attend one head and one query at a time, with one byte for each weight."""
    rows, length, _ = values.shape
    heads = attention.num_heads
    size = SIZE // heads
    drawn = (
        rng.positions(length)
        .child("attention weights")
        .bytes((rows * length, heads, length))
        .view(rows, length, heads, length)
    )
    q, k, v = (part(values) for part in (attention.query, attention.key, attention.value))
    attended = torch.zeros_like(values)
    for row in range(rows):
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            for i in range(length):
                scores = k[row, : i + 1, own] @ q[row, i, own] / math.sqrt(size)
                kept = drawn[row, i, head, : i + 1] >= threshold
                weights = scores.softmax(0) * kept * 256 / (256 - threshold)
                attended[row, i, own] = weights @ v[row, : i + 1, own]
    return attended


@pytest.mark.parametrize("num_heads", [1, 3])
@pytest.mark.parametrize("length", [5, 100])
def test_one_byte_decides_over_each_weight(num_heads, length):
    attention = attention_of(num_heads=num_heads, dropout=0.2)
    values, rng = torch.randn(2, length, SIZE).double(), Rng.for_rows(1, 2, torch.tensor([4, 7]))
    attended = attention(values, values, causal_mask(length, values), rng)
    assert_close(attended, slow_dropped(attention, values, rng, 51))


@pytest.mark.parametrize("num_heads", [1, 2])
def test_dropped_weights_of_a_row_do_not_depend_on_length_or_batch(num_heads):
    """At 200 positions queries are taken in three parts, at 100 in two, at 60 in one."""
    attention = attention_of(num_heads=num_heads, dropout=0.5)
    values = torch.randn(3, 200, SIZE).double()

    def attended(chosen, length):
        rows = torch.tensor(chosen)
        given, rng = values[rows, :length], Rng.for_rows(1, 2, rows)
        return attention(given, given, causal_mask(length, values), rng)

    whole = attended([0, 1, 2], 200)
    for length in (60, 100):
        assert_close(attended([2, 0], length), whole[[2, 0], :length])


def test_biases_start_at_zero_and_norms_are_left_alone():
    layers = nn.Sequential(nn.Linear(40, 60), nn.LayerNorm(60))
    initialise_linear(layers, "xavier_uniform")
    bound = math.sqrt(6 / 100)  # Glorot and Bengio, eq. 16
    assert layers[0].weight.abs().max().item() == pytest.approx(bound, rel=0.01)
    assert layers[0].weight.abs().max().item() <= bound
    assert layers[0].bias.abs().max() == 0
    assert layers[1].weight.min() == layers[1].weight.max() == 1


def test_xavier_normal_has_the_variance_of_its_paper():
    layer = nn.Linear(100, 300)
    initialise_linear(layer, "xavier_normal")
    assert layer.weight.var().item() == pytest.approx(2 / 400, rel=0.05)
