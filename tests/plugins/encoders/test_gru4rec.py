"""``gru4rec`` against the formulas of gated recurrent units, written out slowly."""

import pytest
import torch
from slow_encoder import compare_gradients, random_weights, sequences_of
from torch.testing import assert_close

from fw.random import Rng
from fw_plugins.encoders.gru4rec import GRU4Rec

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], []]
NUM_ITEMS = 7
SMALL = {"hidden_size": 5, "recurrent_size": 4}


@pytest.fixture
def info(make_info):
    return make_info(ROWS, NUM_ITEMS, max_len=8)


def slow_layer(weights, number, inputs):
    """Cho et al. (EMNLP 2014), in the form of cuDNN: the reset gate after the product."""

    def gates(kind, x):
        bias = weights.get(f"layers.bias_{kind}_l{number}", torch.zeros(1).double())
        products = x @ weights[f"layers.weight_{kind}_l{number}"].T
        return (products + bias).chunk(3)

    state, states = torch.zeros(SMALL["recurrent_size"]).double(), []
    for x in inputs:
        (r_x, z_x, n_x), (r_h, z_h, n_h) = gates("ih", x), gates("hh", state)
        reset, update = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
        state = (1 - update) * torch.tanh(n_x + reset * n_h) + update * state
        states.append(state)
    return torch.stack(states)


def slow_states(settings, weights, row):
    """Return the states of a row's items, [n, D]; gaps are no items."""
    x = weights["items.weight"][[item for item in row if item]]
    for number in range(settings.num_layers):
        x = slow_layer(weights, number, x)
    return x @ weights["output.weight"].T + weights["output.bias"]


def compare_with_slow(settings, info, rows, *, gaps=False):
    encoder = random_weights(settings.build(info))
    weights = {n: w.detach().clone().requires_grad_() for n, w in encoder.named_parameters()}
    states = encoder(sequences_of(rows)._replace(gaps=gaps))
    expected = torch.zeros_like(states)
    for number, row in enumerate(rows):
        if any(row):
            places = torch.tensor(row).nonzero().flatten()
            expected[number, places] = slow_states(settings, weights, row)
    assert_close(states, expected, rtol=0, atol=1e-9)
    compare_gradients(encoder, weights, states, expected)


@pytest.mark.parametrize("settings", [{}, {"num_layers": 2}, {"bias": True}], ids=str)
def test_states_and_gradients_are_those_of_the_formulas(settings, info):
    compare_with_slow(GRU4Rec(**SMALL, **settings), info, ROWS)


def test_a_gap_changes_no_state_but_its_own(info):
    rows = [[3, 0, 4, 0, 0, 2], [0, 0, 1], [6], [0, 5], [7, 0]]
    compare_with_slow(GRU4Rec(**SMALL), info, rows, gaps=True)


def test_dropout_of_embeddings_is_drawn_by_address(info):
    encoder = GRU4Rec(**SMALL, dropout=0.5).build(info).double()
    together = sequences_of(ROWS)
    states = encoder(together, Rng.for_rows(5, 1, together.rows))
    assert not states.equal(encoder(together))
    assert not states.equal(encoder(together, Rng.for_rows(5, 2, together.rows)))
    alone = sequences_of([ROWS[1]], width=4)._replace(rows=torch.tensor([1]))
    again = encoder(alone, Rng.for_rows(5, 1, alone.rows))
    assert_close(again[:, :3], states[1:2, :3])


def test_without_dropout_nothing_is_drawn(info):
    encoder, sequences = GRU4Rec(**SMALL, dropout=0.0).build(info), sequences_of(ROWS)
    assert encoder(sequences, Rng.for_rows(5, 1, sequences.rows)).equal(encoder(sequences))


def test_case_B23_autocast_gives_nearly_the_same(info):
    encoder, sequences = GRU4Rec(**SMALL).build(info), sequences_of(ROWS)
    with torch.autocast("cpu", torch.bfloat16):
        states = encoder(sequences, Rng.for_rows(5, 1, sequences.rows))
    states.sum().backward()
    plain = encoder(sequences, Rng.for_rows(5, 1, sequences.rows))
    assert_close(states.float(), plain, rtol=0.1, atol=0.1)


def test_defaults_are_those_of_recbole(make_info):
    torch.manual_seed(0)
    encoder = GRU4Rec().build(make_info(ROWS, 500))
    assert GRU4Rec().dropout == 0.3
    shapes = {name: list(weight.shape) for name, weight in encoder.named_parameters()}
    assert shapes == {
        "items.weight": [502, 64],
        "layers.weight_ih_l0": [384, 64],
        "layers.weight_hh_l0": [384, 128],
        "output.weight": [64, 128],
        "output.bias": [64],
    }
    # Xavier's normal, sqrt(2 / (502 + 64)), and his uniform, sqrt(6 / (384 + 128)) at most.
    assert encoder.items.weight[1:].std().item() == pytest.approx(0.0594, rel=0.02)
    assert 0.107 < encoder.layers.weight_hh_l0.abs().max().item() <= 0.1083
