"""``sasrec_paper`` against the formulas of the paper, written out slowly."""

import pytest
from slow_encoder import compare_with_slow

from fw_plugins.encoders.sasrec_paper import SASRecPaper

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


def block(slow, name, x):
    """Section III.C: g'(x) = x + Dropout(g(LayerNorm(x))), for attention and for the network."""
    normal = slow.norm(f"{name}.attention_norm", x)
    x = x + slow.attention(name, normal, normal)
    return x + slow.feed_forward(name, slow.norm(f"{name}.feed_forward_norm", x))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_heads": 2, "inner_size": 5},
        {"tied": False},
        {"activation": "gelu"},
        {"hide_padding": False, "out_projection": True},
        {"hide_padding": False, "zero_padding": True},
    ],
    ids=str,
)
def test_states_and_gradients_are_those_of_the_formulas(settings, make_info):
    settings = SASRecPaper(hidden_size=6, **settings)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=6), ROWS)


def test_gaps_are_hidden_and_have_no_state(make_info):
    rows = [[3, 0, 4, 0, 5, 2], [0, 0, 1], [6], [0, 5]]
    settings = SASRecPaper(hidden_size=6, num_heads=2)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=7), rows, gaps=True)


def test_gaps_are_attended_to_where_padding_is(make_info):
    rows = [[3, 0, 4, 0, 5, 2], [7, 0, 1], [6]]
    settings = SASRecPaper(hidden_size=6, hide_padding=False)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=7), rows, gaps=True)


def test_dropout_acts_on_embeddings_and_on_what_the_sublayers_give():
    assert SASRecPaper().dropout_at == ("embeddings", "attention", "feed_forward")
