"""``bsarec`` against its repository, written out slowly, with torch's Fourier transform."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_encoder import FAR_BELOW, Slow, compare_with_slow, sequences_of
from torch.testing import assert_close
from watched_encoder import draws_of, states_of_one_graph

from fw.config.reading import read_recipe
from fw.discovery import discover
from fw.errors import RecipeError
from fw.random import Rng
from fw_plugins.encoders.bsarec import BSARec, lowest_waves

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


class SlowBSARec(Slow):
    """Padding keeps its position, and attends to itself."""

    def embed(self, slots):
        x = self.norm("embedding.norm", self.weights["items.weight"][slots] + self.positions())
        return x * ~self.padding[:, None] if self.settings.zero_padding else x

    def one_head(self, q, k, v):
        rows, slots = [], torch.arange(len(q))
        for slot in range(len(q)):
            scores = (k @ q[slot]) / math.sqrt(q.shape[1])
            hidden = (slots > slot) | (self.hidden_keys() & (slots != slot))
            scores = torch.where(hidden, torch.tensor(FAR_BELOW).double(), scores)
            rows.append(torch.softmax(scores, 0) @ v)
        return torch.stack(rows)


def low_pass(x, cutoff):
    """``FrequencyLayer``: rfft, all from c // 2 + 1 on set to 0, irfft."""
    spectrum = torch.fft.rfft(x, dim=0, norm="ortho")
    passed = torch.arange(len(spectrum)) < cutoff // 2 + 1
    return torch.fft.irfft(spectrum * passed[:, None], n=len(x), dim=0, norm="ortho")


def block(slow, name, x):
    """``BSARecLayer``: alpha * dsp + (1 - alpha) * gsp, then ``FeedForward``."""
    low = low_pass(x, slow.settings.cutoff)
    filtered = low + slow.weights[f"{name}.high"] ** 2 * (x - low)
    dsp = slow.norm(f"{name}.filter_norm", filtered + x)
    gsp = slow.norm(f"{name}.attention_norm", slow.attention(name, x, x) + x)
    x = slow.settings.alpha * dsp + (1 - slow.settings.alpha) * gsp
    return slow.norm(f"{name}.feed_forward_norm", slow.feed_forward(name, x) + x)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"alpha": 0.3, "cutoff": 5},
        {"num_heads": 3, "num_blocks": 3, "positions": "from_start"},
        {"alpha": 1.0, "cutoff": 0},
        {"alpha": 0.0},
        {"zero_padding": True, "hide_padding": False},
        {"cutoff": 100},  # everything passes
    ],
    ids=str,
)
@pytest.mark.parametrize("max_len", [6, 9])
def test_states_and_gradients_are_those_of_the_repository(settings, max_len, make_info):
    settings = BSARec(hidden_size=6, **settings)
    info = make_info(ROWS, 7, max_len=max_len)
    compare_with_slow(settings, block, info, ROWS, kind=SlowBSARec)


def test_gaps_are_padding_too(make_info):
    rows = [[3, 0, 4, 0, 5, 2], [0, 0, 1], [6], [0, 5]]
    settings = BSARec(hidden_size=6, num_heads=2)
    info = make_info(ROWS, 7, max_len=7)
    compare_with_slow(settings, block, info, rows, gaps=True, kind=SlowBSARec)


@settings(max_examples=40)
@given(length=st.integers(1, 20), number=st.integers(1, 12))
def test_waves_are_orthonormal_and_project_like_a_cut_spectrum(length, number):
    waves = lowest_waves(length, number, torch.zeros(1, dtype=torch.float64))
    assert_close(waves @ waves.T, torch.eye(len(waves)).double(), rtol=0, atol=1e-9)
    x = torch.randn(length, 3, generator=torch.Generator().manual_seed(0)).double()
    assert_close(waves.T @ (waves @ x), low_pass(x, 2 * (number - 1)), rtol=0, atol=1e-9)


def test_a_later_item_changes_earlier_states_so_it_is_not_causal(make_info):
    torch.manual_seed(0)
    encoder = BSARec(hidden_size=6).build(make_info(ROWS, 7, max_len=6))
    first, second = (encoder(sequences_of([[1, 2, 3, last]])) for last in (4, 5))
    assert ((first - second).abs().amax(-1) > 1e-5).all()
    assert encoder.causal is BSARec.causal is False


def test_it_is_refused_where_targets_stand_among_the_inputs(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('extends = "sasrec"\n\n[encoder]\nname = "bsarec"\n')
    with pytest.raises(RecipeError) as refused:
        read_recipe(path, discover())
    first, *hint = str(refused.value).splitlines()
    assert first.endswith("encoder 'bsarec' is not causal, as task 'next_item' requires")
    assert first.startswith(f"{path}:3: ")
    assert "it would see the item it is to predict" in " ".join(hint)


def test_the_state_of_the_newest_item_is_that_of_the_whole(make_info):
    torch.manual_seed(0)
    encoder = BSARec(hidden_size=6).build(make_info(ROWS, 7, max_len=6)).double()
    newest = encoder.newest(sequences_of([*ROWS, []]))
    for row, state in zip(ROWS, newest, strict=False):
        assert_close(state, encoder(sequences_of([row]))[0, -1])
    assert newest[-1].abs().max() == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(make_info, dtype):
    encoder = BSARec().build(make_info(ROWS, 7, max_len=6)).to(dtype)
    sequences = sequences_of([[1, 2, 3], [4], []])
    states = encoder(sequences, Rng.for_rows(5, 1, sequences.rows))
    states.sum().backward()
    assert states.dtype == dtype
    assert states.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())


def test_every_dropout_draws_its_own_numbers(make_info, monkeypatch):
    drawn = draws_of(BSARec(hidden_size=6).build(make_info(ROWS, 7, max_len=6)), monkeypatch)
    assert len(drawn) == len(set(drawn)) == 1 + 2 * 4  # embeddings; weights, attention, filter, FFN


def test_it_compiles_as_one_graph(make_info):
    states_of_one_graph(BSARec(hidden_size=6, num_blocks=1).build(make_info(ROWS, 7, max_len=6)))


def test_defaults_are_those_of_the_repository():
    settings = BSARec()
    assert (settings.hidden_size, settings.num_blocks, settings.num_heads) == (64, 2, 2)
    assert (settings.alpha, settings.cutoff, settings.dropout) == (0.9, 3, 0.5)
    assert settings.positions == "from_end"  # those of slots that are filled from the right
    assert "inner" not in settings.dropout_at
