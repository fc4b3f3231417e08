"""``ligr`` against RecTools' LiGR layer, written out slowly."""

import pytest
import torch
from slow_encoder import compare_with_slow

from fw_plugins.encoders.ligr import LiGR

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


def swiglu(slow, name, x):
    """RecTools ``SwigluFeedForward``: linear_2(silu(linear_1(x)) * linear_3(x)), no biases."""
    gate = x @ slow.weights[f"{name}.gate.weight"].T
    inner = x @ slow.weights[f"{name}.inner.weight"].T
    return (gate / (1 + torch.exp(-gate)) * inner) @ slow.weights[f"{name}.outer.weight"].T


def gate(slow, name, x):
    return 1 / (1 + torch.exp(-slow.linear(name, x)))


def block(slow, name, x):
    """RecTools ``ligr.py``: the gates look at what is added to, not at what LayerNorm gave."""
    normal = slow.norm(f"{name}.attention_norm", x)
    x = x + gate(slow, f"{name}.attention_gate", x) * slow.attention(name, normal, normal)
    normal = slow.norm(f"{name}.feed_forward_norm", x)
    if slow.settings.activation == "swiglu":
        transformed = swiglu(slow, f"{name}.feed_forward", normal)
    else:
        transformed = slow.feed_forward(name, normal)
    return x + gate(slow, f"{name}.feed_forward_gate", x) * transformed


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_heads": 3, "inner_size": 5},
        {"num_blocks": 3, "positions": "from_start"},
        {"activation": "gelu"},
        {"final_norm": True, "scale_embeddings": True, "tied": False},
        {"hide_padding": False},
    ],
    ids=str,
)
def test_states_and_gradients_are_those_of_rectools(settings, make_info):
    settings = LiGR(hidden_size=6, **settings)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=8), ROWS)


def test_gaps_are_hidden_and_have_no_state(make_info):
    rows = [[3, 0, 4, 0, 5, 2], [0, 0, 1], [6], [0, 5]]
    settings = LiGR(hidden_size=6, num_heads=2)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=7), rows, gaps=True)


def test_the_network_is_four_times_as_wide_and_has_no_biases(make_info):
    network = LiGR().build(make_info(ROWS, 7)).blocks[0].feed_forward
    shapes = {name: tuple(weight.shape) for name, weight in network.named_parameters()}
    assert shapes == {
        "gate.weight": (256, 64),
        "inner.weight": (256, 64),
        "outer.weight": (64, 256),
    }


def test_a_block_whose_gates_are_shut_passes_its_input_on(make_info):
    encoder = LiGR(hidden_size=6).build(make_info(ROWS, 7))
    hidden, mask = torch.randn(1, 3, 6), torch.full((3, 3), -torch.inf).triu(1)
    block = encoder.blocks[0]
    for shut in (block.attention_gate, block.feed_forward_gate):
        torch.nn.init.zeros_(shut.weight)
        torch.nn.init.constant_(shut.bias, -1e4)
    assert block(hidden, mask, None).equal(hidden)


def test_defaults_are_those_of_esasrec():
    settings = LiGR()
    assert (settings.hidden_size, settings.num_blocks, settings.num_heads) == (64, 2, 1)
    assert settings.dropout == 0.1
    assert len(settings.dropout_at) == 5
    assert settings.positions == "from_end"
    assert (settings.out_projection, settings.final_norm) == (True, False)
