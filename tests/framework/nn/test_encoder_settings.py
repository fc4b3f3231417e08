"""Settings of encoders: what they refuse, and that every variant of them compiles."""

import re

import attrs
import pytest
import torch
from torch.testing import assert_close

from fw import Sequences
from fw.nn.block import PostNormBlock
from fw.nn.encoder import AttendedPaddingEncoder, SequenceEncoder
from fw.nn.settings import EncoderSettings
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Small(EncoderSettings):
    """An encoder for these tests."""

    block = PostNormBlock


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_size": 0}, "hidden_size must be at least 1, found 0"),
        ({"num_blocks": 0}, "num_blocks must be at least 1, found 0"),
        ({"num_heads": 0}, "num_heads must be at least 1, found 0"),
        ({"num_heads": 4}, "num_heads must divide hidden_size (50), found 4"),
        ({"inner_size": 0}, "inner_size must be at least 1, found 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and less than 1, found 1.0"),
        ({"dropout": -0.1}, "dropout must be at least 0 and less than 1, found -0.1"),
        ({"cosine_temperature": 0.0}, "cosine_temperature must be greater than 0, found 0.0"),
        ({"norm_epsilon": 0.0}, "norm_epsilon must be greater than 0, found 0.0"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Small(**settings)


def test_dropout_acts_only_where_it_is_asked_for(make_info):
    settings = Small(dropout=0.25, dropout_at=("attention", "inner"))
    encoder = settings.build(make_info([[1]], 3))
    block = encoder.blocks[0]
    assert block.attention_dropout.threshold == block.feed_forward.dropout.threshold == 64
    assert block.attention.dropout.threshold == block.feed_forward_dropout.threshold == 0
    assert encoder.embedding.dropout.threshold == 0


@pytest.mark.parametrize("hide_padding", [True, False])
def test_the_encoder_depends_on_what_becomes_of_padding(make_info, hide_padding):
    encoder = Small(hide_padding=hide_padding).build(make_info([[1]], 3))
    assert type(encoder) is (SequenceEncoder if hide_padding else AttendedPaddingEncoder)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hide_padding": False, "zero_padding": True},
        {"tied": False, "positions": "none"},
        {"cosine_temperature": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("gaps", [False, True])
def test_every_variant_compiles_as_one_graph(make_info, settings, gaps):
    places = ("embeddings", "attention_weights")
    small = Small(hidden_size=4, num_heads=2, num_blocks=1, dropout_at=places, **settings)
    encoder = small.build(make_info([[1]], 5, max_len=6)).double()
    items = torch.tensor([[1, 0, 3], [4, 0, 0]])
    sequences = Sequences(items, torch.tensor([3, 1]), torch.arange(2), gaps=gaps)

    def states(epoch):
        return encoder(sequences, Rng.for_rows(1, epoch, sequences.rows))

    torch.compiler.reset()
    compiled = torch.compile(states, backend="eager", fullgraph=True)
    epoch = torch.tensor(1)
    assert_close(compiled(epoch), states(epoch))
