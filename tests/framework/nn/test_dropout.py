"""Dropout by address: shares, scales, independence, and no dependence on the batch."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from fw.nn.dropout import AddressDropout
from fw.random import Rng

ROWS = torch.arange(400)


def factors(shape, *, rows=ROWS, epoch=1, name="x", probability=0.2):
    rng = Rng.for_rows(3, epoch, rows)
    return AddressDropout(probability, name)(torch.ones(shape), rng)


@pytest.mark.parametrize(
    ("probability", "share", "scale"),
    [(0.2, 51 / 256, 256 / 205), (0.5, 0.5, 2.0), (0.1, 26 / 256, 256 / 230)],
)
def test_what_is_kept_is_scaled_by_what_is_really_kept(probability, share, scale):
    dropped = factors((400, 20, 30), probability=probability)
    assert dropped.unique().tolist() == [0.0, pytest.approx(scale)]
    error = np.sqrt(share * (1 - share) / dropped.numel())
    assert abs((dropped == 0).float().mean().item() - share) < 5 * error


def test_gradients_pass_where_values_do():
    values = torch.ones(400, 5, 6, requires_grad=True)
    dropped = AddressDropout(0.5, "x")(values, Rng.for_rows(3, 1, ROWS))
    dropped.sum().backward()
    assert values.grad.equal(dropped.detach())


@pytest.mark.parametrize("probability", [0.0, 0.3])
@pytest.mark.parametrize("drawn", [True, False])
def test_a_residual_in_the_same_pass_is_a_sum_and_so_are_its_gradients(probability, drawn):
    values, onto = (torch.randn(400, 5, 6, requires_grad=True) for _ in range(2))
    dropout, rng = AddressDropout(probability, "x"), Rng.for_rows(3, 1, ROWS) if drawn else None
    found, expected = dropout(values, rng, onto), onto + dropout(values, rng)
    assert_close(found, expected)
    towards = torch.randn(400, 5, 6)
    assert_close(
        torch.autograd.grad(found, (values, onto), towards),
        torch.autograd.grad(expected, (values, onto), towards),
    )


@pytest.mark.parametrize("residual", [True, False])
def test_what_a_compiler_follows_drops_the_same(residual, monkeypatch):
    values, rng = torch.randn(400, 5, 6, requires_grad=True), Rng.for_rows(3, 1, ROWS)
    onto = torch.randn(400, 5, 6) if residual else None
    by_hand = AddressDropout(0.3, "x")(values, rng, onto)
    monkeypatch.setattr("fw.nn.dropout.is_written_out", lambda values: False)
    plain = AddressDropout(0.3, "x")(values, rng, onto)
    assert_close(by_hand, plain)
    towards = torch.randn(400, 5, 6)
    assert_close(
        torch.autograd.grad(by_hand, values, towards), torch.autograd.grad(plain, values, towards)
    )


@pytest.mark.parametrize("probability", [0.0, 0.001])
def test_a_probability_that_rounds_to_nothing_drops_nothing(probability):
    assert factors((400, 5, 6), probability=probability).equal(torch.ones(400, 5, 6))


def test_a_probability_that_rounds_to_all_keeps_one_in_256():
    assert factors((400, 50, 60), probability=0.9999).unique().tolist() == [0.0, 256.0]


def test_nothing_is_dropped_without_a_place_to_draw_from():
    values = torch.ones(2, 3, 4)
    assert AddressDropout(0.5, "x")(values, None) is values


def test_a_row_drops_the_same_in_any_batch_at_any_length():
    whole = factors((400, 20, 6))
    part = factors((3, 7, 6), rows=torch.tensor([17, 399, 0]))
    assert part.equal(whole[[17, 399, 0], :7])
    longer = factors((3, 30, 6), rows=torch.tensor([17, 399, 0]))
    assert longer[:, :20].equal(whole[[17, 399, 0]])


def correlation(left, right):
    return float(np.corrcoef(left.flatten().numpy(), right.flatten().numpy())[0, 1])


BASE = (400, 20, 30)
NEIGHBOURS = {
    "rows": lambda: (factors(BASE), factors(BASE, rows=ROWS + 1)),
    "epochs": lambda: (factors(BASE), factors(BASE, epoch=2)),
    "layers": lambda: (factors(BASE, name="block 0"), factors(BASE, name="block 1")),
    "positions": lambda: (factors((400, 21, 30))[:, 1:], factors(BASE)),
    "features": lambda: (factors((400, 20, 31))[..., 1:], factors((400, 20, 31))[..., :-1]),
}


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_what_neighbours_drop_is_independent(what):
    left, right = NEIGHBOURS[what]()
    assert abs(correlation(left, right)) < 5 / np.sqrt(left.numel())


def test_values_are_not_written_to():
    values = torch.ones(400, 5, 6)
    AddressDropout(0.5, "x")(values, Rng.for_rows(3, 1, ROWS))
    assert values.equal(torch.ones(400, 5, 6))
