"""``bert4rec`` against the paper's formulas, written out slowly; and that it sees both sides."""

import math

import pytest
import torch
from slow_encoder import FAR_BELOW, Slow, compare_with_slow, sequences_of
from torch.testing import assert_close
from watched_encoder import states_of_one_graph

from fw.random import Rng
from fw_plugins.encoders.bert4rec import BERT4Rec

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 8], [1, 8, 3, 8, 5, 6], []]  # 8 is the mask token
SIZE, NUM_ITEMS, MAX_LEN = 6, 7, 8


class SlowBothWays(Slow):
    """Looks at every slot, and ends in GELU(x W + b), normalised."""

    def one_head(self, q, k, v):
        rows = []
        for query in q:
            scores = (k @ query) / math.sqrt(q.shape[1])
            scores = torch.where(self.hidden_keys(), torch.tensor(FAR_BELOW).double(), scores)
            shares = torch.exp(scores - scores.max())
            rows.append((shares / shares.sum()) @ v)
        return torch.stack(rows)

    def encode(self, slots, block):
        x = super().encode(slots, block)
        if not self.settings.head:
            return x
        inner = self.linear("head.dense", x)
        return self.norm("head.norm", inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2))))


def block(slow, name, x):
    """Equations 3 to 6: LN(x + Dropout(sublayer(x))), for attention and for the network."""
    x = slow.norm(f"{name}.attention_norm", x + slow.attention(name, x, x))
    return slow.norm(f"{name}.feed_forward_norm", x + slow.feed_forward(name, x))


@pytest.fixture
def info(make_info):
    return make_info(ROWS[:4], NUM_ITEMS, max_len=MAX_LEN)


@pytest.fixture
def encoder(info):
    torch.manual_seed(0)
    return BERT4Rec(hidden_size=SIZE).build(info)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"head": False},
        {"num_heads": 3, "inner_size": 7, "num_blocks": 1},
        {"positions": "from_end", "activation": "relu", "final_norm": True},
        {"hide_padding": False},
        {"hide_padding": False, "zero_padding": True},
        {"tied": False},
    ],
    ids=str,
)
def test_states_and_gradients_are_those_of_the_formulas(settings, info):
    settings = BERT4Rec(hidden_size=SIZE, **settings)
    compare_with_slow(settings, block, info, ROWS, kind=SlowBothWays)


def test_gaps_are_hidden_and_have_no_state(info):
    rows = [[3, 0, 4, 0, 5, 2], [0, 0, 1], [6], [0, 5]]
    settings = BERT4Rec(hidden_size=SIZE, positions="from_end")
    compare_with_slow(settings, block, info, rows, gaps=True, kind=SlowBothWays)


def test_every_position_sees_every_item(encoder):
    plain = encoder(sequences_of([[1, 2, 3, 4, 5]]))
    for place in range(5):
        row = [1, 2, 3, 4, 5]
        row[place] = 7
        moved = (encoder(sequences_of([row])) - plain).abs().amax(-1)
        assert (moved > 1e-7).all()


def test_case_B19_the_amount_of_padding_changes_nothing(encoder):
    encoder = encoder.double()
    narrow, wide = (encoder(sequences_of([[3, 8]], width=width)) for width in (2, MAX_LEN))
    assert_close(wide[:, :2], narrow)
    assert wide[:, 2:].abs().max() == 0


@pytest.mark.parametrize("hide_padding", [True, False])
@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("dropping", [True, False])
def test_case_B22_an_empty_row_leaves_everything_finite(info, hide_padding, gaps, dropping):
    encoder = BERT4Rec(hidden_size=SIZE, hide_padding=hide_padding).build(info)
    sequences = sequences_of([[], [3, 7]], width=5)._replace(gaps=gaps)
    rng = Rng.for_rows(5, 1, sequences.rows) if dropping else None
    states = encoder(sequences, rng)
    states.square().sum().backward()
    assert states.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_case_B23_half_precision_stays_finite(encoder, dtype):
    encoder = encoder.to(dtype)
    sequences = sequences_of([[1, 2, 3], [4], []])
    for rng in (None, Rng.for_rows(5, 1, sequences.rows)):
        states = encoder(sequences, rng)
        assert states.dtype == dtype
        assert states.isfinite().all()


def test_dropout_of_a_row_is_the_same_in_any_batch(info):
    encoder = BERT4Rec(hidden_size=SIZE, dropout=0.5).build(info).double()
    rows = [[1, 2, 3, 4], [5], [6, 7, 8, 1, 2, 3, 4, 5]]
    together = sequences_of(rows)
    states = encoder(together, Rng.for_rows(5, 1, together.rows))
    assert not states.equal(encoder(together))
    alone = sequences_of([rows[0]], width=4)
    again = encoder(alone, Rng.for_rows(5, 1, alone.rows))
    assert_close(again[:, :4], states[:1, :4])


def test_it_compiles_as_one_graph(info):
    states_of_one_graph(BERT4Rec(hidden_size=SIZE, num_blocks=1).build(info))


def test_defaults_are_those_of_the_authors_code(make_info):
    settings = BERT4Rec()
    assert (settings.hidden_size, settings.num_blocks, settings.num_heads) == (64, 2, 2)
    assert settings.dropout == 0.2
    assert len(settings.dropout_at) == 5
    encoder = settings.build(make_info(ROWS[:4], 500))
    assert encoder.blocks[0].feed_forward.inner.weight.shape == (256, 64)
    assert encoder.items.weight[1:].std().item() == pytest.approx(0.0176, rel=0.03)
    assert encoder.items.weight.abs().max().item() <= 0.04
