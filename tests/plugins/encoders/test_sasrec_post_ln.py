"""``sasrec_post_ln`` against pmixer's default, written out slowly."""

import pytest
from slow_encoder import compare_with_slow

from fw_plugins.encoders.sasrec_post_ln import SASRecPostLN

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


def block(slow, name, x):
    """pmixer ``model.py`` without norm_first: LN(seqs + mha(seqs)), then LN(seqs + ffn(seqs))."""
    x = slow.norm(f"{name}.attention_norm", x + slow.attention(name, x, x))
    return slow.norm(f"{name}.feed_forward_norm", x + slow.feed_forward(name, x))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hide_padding": False},  # as in the source
        {"num_heads": 3, "hide_padding": False},
        {"out_projection": False},
    ],
    ids=str,
)
def test_states_and_gradients_are_those_of_pmixer(settings, make_info):
    settings = SASRecPostLN(hidden_size=6, **settings)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=6), ROWS)


def test_padding_that_is_attended_to_takes_part_at_any_max_len(make_info):
    settings = SASRecPostLN(hidden_size=6, hide_padding=False)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=9), ROWS)


def test_defaults_are_those_of_pmixer():
    settings = SASRecPostLN()
    assert settings.dropout_at == ("embeddings", "attention_weights", "inner", "feed_forward")
    assert (settings.out_projection, settings.final_norm, settings.init) == (
        True,
        True,
        "xavier_normal",
    )
