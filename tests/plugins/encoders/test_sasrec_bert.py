"""``sasrec_bert`` against RecBole's transformer, written out slowly."""

import pytest
import torch
from slow_encoder import compare_with_slow

from fw_plugins.encoders.sasrec_bert import SASRecBERT

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


def block(slow, name, x):
    """RecBole ``layers.py``: LayerNorm(dense(context) + input), then LayerNorm(dense_2 + input)."""
    x = slow.norm(f"{name}.attention_norm", slow.attention(name, x, x) + x)
    return slow.norm(f"{name}.feed_forward_norm", slow.feed_forward(name, x) + x)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"positions": "from_end"},  # as in S3Rec, CoSeRec and ICLRec
        {"inner_size": 7, "num_heads": 3},
        {"activation": "relu"},
        {"final_norm": True, "scale_embeddings": True},
        {"hide_padding": False},
    ],
    ids=str,
)
def test_states_and_gradients_are_those_of_recbole(settings, make_info):
    settings = SASRecBERT(hidden_size=6, **settings)
    compare_with_slow(settings, block, make_info(ROWS, 7, max_len=8), ROWS)


def test_the_feed_forward_network_is_four_times_as_wide(make_info):
    encoder = SASRecBERT().build(make_info(ROWS, 7))
    assert encoder.blocks[0].feed_forward.inner.weight.shape == (256, 64)


def test_weights_start_from_a_narrow_normal_distribution(make_info):
    torch.manual_seed(0)
    encoder = SASRecBERT().build(make_info(ROWS, 500))
    assert encoder.items.weight[1:].std().item() == pytest.approx(0.02, rel=0.02)
    assert encoder.blocks[1].feed_forward.outer.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert encoder.blocks[1].feed_forward.outer.bias.abs().max() == 0


def test_defaults_are_those_of_recbole():
    settings = SASRecBERT()
    assert (settings.hidden_size, settings.num_blocks, settings.num_heads) == (64, 2, 2)
    assert settings.dropout == 0.5
    assert len(settings.dropout_at) == 5
    assert settings.positions == "from_start"
    assert settings.final_norm is False
