"""``sasrec_official`` against the authors' code, written out slowly."""

import pytest
from slow_encoder import compare_with_slow

from fw_plugins.encoders.sasrec_official import SASRecOfficial

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


def block(slow, name, x):
    """kang205 ``model.py``: queries are normalize(seq), keys seq; feedforward(normalize(seq))."""
    queries = slow.norm(f"{name}.attention_norm", x)
    x = slow.attention(name, queries, x) + queries  # modules.py: outputs += queries
    inputs = slow.norm(f"{name}.feed_forward_norm", x)
    return slow.feed_forward(name, inputs) + inputs  # modules.py: outputs += inputs


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_heads": 3},
        {"num_blocks": 1},
        {"hide_padding": False},
        {"hide_padding": False, "zero_padding": False, "out_projection": True},
        {"positions": "from_start"},
        {"positions": "none"},
        {"scale_embeddings": False},
        {"final_norm": False},
        {"norm_epsilon": 0.1},
    ],
    ids=str,
)
def test_states_and_gradients_are_those_of_the_authors_code(settings, make_info):
    settings = SASRecOfficial(hidden_size=6, **settings)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=6), ROWS)


def test_rows_shorter_than_max_len_get_the_slots_of_left_padded_ones(make_info):
    settings = SASRecOfficial(hidden_size=6)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=9), ROWS)


def test_defaults_are_those_of_the_authors_code():
    settings = SASRecOfficial()
    assert (settings.hidden_size, settings.num_blocks, settings.num_heads) == (50, 2, 1)
    assert settings.dropout == 0.2
    assert settings.dropout_at == ("embeddings", "attention_weights", "inner", "feed_forward")
    assert settings.init == "xavier_uniform"
    assert (settings.out_projection, settings.hide_padding, settings.tied) == (False, True, True)
