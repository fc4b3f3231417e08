"""``lru`` against LRURec's repository, written out slowly: float64, one position after another."""

import math

import pytest
import torch
from slow_encoder import Slow, compare_gradients, random_weights, sequences_of
from torch.testing import assert_close
from watched_encoder import draws_of, states_of_one_graph

from fw.random import Rng
from fw_plugins.encoders.lru import LRU

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6, 7]]


def recurrence(slow, name, x):
    """``LRULayer``: bu = in_proj(x) * gamma, h = lambda * h + bu, Re(out_proj(h)), all complex."""
    weights = {part: slow.weights[f"{name}.{part}"] for part in ("log_decay", "log_phase")}
    lamb = torch.exp(torch.complex(-weights["log_decay"].exp(), weights["log_phase"].exp()))
    gamma = slow.weights[f"{name}.log_gain"].exp()
    inward = slow.linear(f"{name}.inward", x)
    into_real, into_imaginary = inward[:, : len(gamma)], inward[:, len(gamma) :]
    bu = torch.complex(into_real, into_imaginary) * gamma
    outward = slow.weights[f"{name}.outward.weight"]
    matrix = torch.complex(outward[:, : len(gamma)], -outward[:, len(gamma) :])
    h, given = torch.zeros_like(bu[0]), []
    for position in range(len(x)):
        h = lamb * h + bu[position] * bool(~slow.padding[position])
        given.append((matrix @ h).real + slow.weights[f"{name}.outward.bias"])
    return torch.stack(given)


def network(slow, name, x):
    """``PositionwiseFeedForward``: w_2(GELU(w_1(x)))."""
    inner = slow.linear(f"{name}.inner", x)
    inner = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))
    return slow.linear(f"{name}.outer", inner)


def slow_states(settings, weights, row):
    """Each residual is followed by its LayerNorm; embeddings have one too, and no positions."""
    slow = Slow(settings, weights, torch.tensor(row) == 0)
    x = slow.norm("embedding_norm", weights["items.weight"][torch.tensor(row)])
    for number in range(settings.num_blocks):
        name = f"blocks.{number}"
        x = slow.norm(f"{name}.recurrence_norm", recurrence(slow, f"{name}.recurrence", x) + x)
        x = slow.norm(f"{name}.feed_forward_norm", network(slow, f"{name}.feed_forward", x) + x)
    return x * ~slow.padding[:, None]


def compare(settings, info, rows, *, gaps=False):
    encoder = random_weights(settings.build(info))
    weights = {
        name: weight.detach().clone().requires_grad_()
        for name, weight in encoder.named_parameters()
    }
    states = encoder(sequences_of(rows)._replace(gaps=gaps))
    expected = torch.zeros_like(states)
    for number, row in enumerate(rows):
        expected[number, : len(row)] = slow_states(settings, weights, row)
    assert_close(states, expected, rtol=0, atol=1e-9)
    compare_gradients(encoder, weights, states, expected)


@pytest.mark.parametrize(
    "settings",
    [{}, {"num_blocks": 1}, {"state_size": 3, "inner_size": 5}, {"norm_epsilon": 0.1}],
    ids=str,
)
def test_states_and_gradients_are_those_of_the_repository(settings, make_info):
    compare(LRU(hidden_size=6, **settings), make_info(ROWS, 7), ROWS)


def test_padding_between_items_feeds_nothing_in(make_info):
    rows = [[3, 0, 4, 0, 5, 2], [0, 0, 1], [6], [0, 5]]
    compare(LRU(hidden_size=6), make_info(ROWS, 7), rows, gaps=True)


@pytest.fixture
def build(make_info):
    def build(**settings):
        torch.manual_seed(0)
        return LRU(hidden_size=8, **settings).build(make_info(ROWS, 7))

    return build


def test_eigenvalues_begin_between_the_radii_and_inputs_are_scaled_to_them(build):
    unit = build(state_size=500, smallest_radius=0.5, largest_radius=0.9).blocks[0].recurrence
    (real, imaginary), gain = unit._coefficients(torch.float32)
    squares = real**2 + imaginary**2
    assert 0.25 <= squares.min() < 0.27
    assert 0.79 < squares.max() <= 0.8101
    assert squares.mean().item() == pytest.approx((0.25 + 0.81) / 2, abs=0.02)  # even in area
    assert_close(gain, (1 - squares).sqrt())
    assert (torch.atan2(imaginary, real) < 0).float().mean() == pytest.approx(0.5, abs=0.08)


def test_eigenvalues_stay_inside_the_unit_circle_whatever_is_learned(build):
    unit = build().blocks[0].recurrence
    for value in (-20.0, 0.0, 20.0):
        torch.nn.init.constant_(unit.log_decay, value)
        real, imaginary = unit._coefficients(torch.float32)[0]
        assert (real**2 + imaginary**2).max() <= 1 + 1e-6


def test_weights_start_from_a_truncated_normal_distribution(build):
    encoder = build()
    weights = [encoder.items.weight[1:], encoder.blocks[1].recurrence.outward.weight]
    for weight in weights:
        assert weight.abs().max() <= 0.04
        # Cut at two standard deviations, the standard deviation is 0.88 of what it was.
        assert weight.std().item() == pytest.approx(0.0176, rel=0.2)


def test_it_encodes_more_items_than_it_was_trained_with(build):
    states = build()(sequences_of([[1, 2, 3] * 20]))
    assert states.shape == (1, 60, 8)
    assert states.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(build, dtype):
    encoder, sequences = build().to(dtype), sequences_of([[1, 2, 3], [4], []])
    states = encoder(sequences, Rng.for_rows(5, 1, sequences.rows))
    states.sum().backward()
    assert states.dtype == dtype
    assert states.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())


def test_autocast_gives_nearly_the_same(build):
    encoder, sequences = build(), sequences_of([[1, 2, 3], [4]])
    with torch.autocast("cpu", torch.bfloat16):
        states = encoder(sequences)
    assert_close(states.float(), encoder(sequences), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("place", ["dropout", "recurrence_dropout"])
def test_dropout_acts_where_it_is_asked_for(build, place):
    sequences = sequences_of([[1, 2, 3, 4]])
    rng = Rng.for_rows(5, 1, sequences.rows)
    none = {"dropout": 0.0, "recurrence_dropout": 0.0}
    assert build(**none)(sequences, rng).equal(build(**none)(sequences))
    dropping = build(**{**none, place: 0.5})
    assert not dropping(sequences, rng).equal(dropping(sequences))


def test_it_drops_with_numbers_of_its_own_at_every_place(build, monkeypatch):
    drawn = draws_of(build(), monkeypatch)
    assert len(drawn) == len(set(drawn)) == 1 + 2 * 3


# Torch's own compiler makes an instance of the function while it traces it.
@pytest.mark.filterwarnings("ignore:.*Function'> should not be instantiated:DeprecationWarning")
def test_it_compiles_as_one_graph(build):
    states_of_one_graph(build(num_blocks=1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"largest_radius": 1.0}, "largest_radius must be at least 0 and less than 1, found 1.0"),
        (
            {"smallest_radius": 0.5, "largest_radius": 0.4},
            "largest_radius must be above 0 and at least 0.5, found 0.4",
        ),
        (
            {"smallest_radius": 0.0, "largest_radius": 0.0},
            "largest_radius must be above 0 and at least 0.0, found 0.0",
        ),
    ],
)
def test_radii_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        LRU(**settings)


def test_defaults_are_those_of_the_repository():
    settings = LRU()
    assert (settings.hidden_size, settings.num_blocks) == (64, 2)
    assert (settings.smallest_radius, settings.largest_radius) == (0.8, 0.99)
    assert (settings.dropout, settings.recurrence_dropout) == (0.2, 0.2)
