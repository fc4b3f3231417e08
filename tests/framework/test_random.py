"""Randomness by address: the same number in any batch, independent numbers at any two addresses."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest, norm

from fw.random import Rng

MASK_64 = (1 << 64) - 1
ROWS = torch.arange(2000)


def mixed(value):
    """SplitMix64's output function, on Python integers."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK_64
    return value ^ (value >> 31)


def slow_path(*names):
    """FNV-1a of the names below the root, each ended by a byte that is in no UTF-8."""
    word = 0xCBF29CE484222325
    for byte in b"".join(name.encode() + b"\xff" for name in names):
        word = (word ^ byte) * 0x100000001B3 & MASK_64
    return word


def slow_word(seed, epoch, row, indices, *names):
    increments = 0x9E3779B97F4A7C15, 0xC13FA9A902A6328F, 0x91E10DA5C79E7B1D, 0xD1B54A32D192ED03
    word = mixed((seed * increments[1] + 1) & MASK_64)
    word = mixed(word ^ ((epoch * increments[2] + 2) & MASK_64))
    word = mixed(word ^ ((row * increments[0]) & MASK_64))
    state = word ^ slow_path(*names)
    for index, increment in zip(indices, increments, strict=False):
        state = (state + index * increment) & MASK_64
    return mixed(state)


@pytest.mark.parametrize("names", [(), ("view 1",), ("é", "crop", "")])
@pytest.mark.parametrize("shape", [(2,), (2, 4, 3), (2, 1, 3, 2, 2)])
def test_words_equal_the_same_arithmetic_on_python_integers(shape, names):
    rng = Rng.for_rows(7, 3, torch.tensor([5, 900]))
    for name in names:
        rng = rng.child(name)
    words = rng.words(shape)
    assert words.shape == shape
    for place, row in enumerate([5, 900]):
        for indices in np.ndindex(shape[1:]):
            expected = slow_word(7, 3, row, indices, *names)
            assert words[(place, *indices)].item() & MASK_64 == expected


def test_numbers_are_made_of_the_upper_bits_and_bytes_of_all():
    rng = Rng.for_rows(7, 3, torch.tensor([5]))
    words = [slow_word(7, 3, 5, (place,)) for place in range(20)]
    assert rng.uniform((1, 20))[0].tolist() == [(word >> 40) / 2**24 for word in words]
    assert rng.integers((1, 20), 10**6)[0].tolist() == [
        (word >> 33) * 10**6 // 2**31 for word in words
    ]
    every_byte = b"".join(word.to_bytes(8, sys.byteorder) for word in words)
    for number in (1, 7, 8, 9, 16, 17):
        assert bytes(rng.bytes((1, number))[0].tolist()) == every_byte[:number]


@given(st.integers(1, 40), st.integers(1, 40), st.randoms())
@settings(max_examples=20)
def test_a_row_draws_the_same_in_any_batch_and_at_any_width(width, wider, random):
    rows = list(range(20))
    random.shuffle(rows)
    shuffled = Rng.for_rows(1, 2, torch.tensor(rows)).child("x").words((20, width))
    alone = Rng.for_rows(1, 2, torch.tensor([13])).child("x").words((1, wider))
    shared = min(width, wider)
    assert shuffled[rows.index(13), :shared].tolist() == alone[0, :shared].tolist()


def test_a_part_of_the_rows_draws_what_they_draw_together():
    rng = Rng.for_rows(1, 2, torch.arange(10)).child("x")
    assert rng.part(3, 7).words((4, 5)).equal(rng.words((10, 5))[3:7])


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_places_of_positions_are_those_of_each_row_alone(shape):
    rng = Rng.for_rows(1, 2, torch.arange(4)).child("x")
    whole = rng.positions(6).words((24, *shape)).view(4, 6, *shape)
    alone = rng.part(2, 3).positions(9).words((9, *shape))
    assert alone[:6].equal(whole[2])
    columns = rng.positions(6).columns(4, 1, 3).words((8, *shape))
    assert columns.view(4, 2, *shape).equal(whole[:, 1:3])
    assert len(whole.unique()) == whole.numel()


def test_places_of_positions_on_several_paths_draw_together_what_they_draw_alone():
    rng = Rng.for_rows(1, 2, torch.arange(4))
    first, second = rng.child("x").positions(3), rng.child("y").part(1, 3).positions(5)
    joined = Rng.joined([first, second]).child("z").words((22, 7))
    assert joined[:12].equal(first.child("z").words((12, 7)))
    assert joined[12:].equal(second.child("z").words((10, 7)))
    assert not joined.unique().numel() < joined.numel()


def test_bytes_of_several_places_are_those_of_each():
    rng = Rng.for_rows(1, 2, torch.arange(4))
    places, shapes = [rng.child("x"), rng.child("y").part(1, 3)], [(4, 3, 13), (2, 8)]
    drawn, cut = Rng.bytes_of_each(places, shapes)
    halves = cut(drawn // 2)
    for place, shape, half in zip(places, shapes, halves, strict=True):
        assert half.equal(place.bytes(shape) // 2)


def test_drawing_twice_from_one_place_gives_the_same_and_leaves_it_as_it_was():
    rng = Rng.for_rows(1, 2, torch.arange(3))
    first = rng.words((3,)).clone()
    assert rng.words((3,)).equal(first)
    assert rng.child("x").words((3, 2)).equal(rng.child("x").words((3, 2)))


def test_seed_and_epoch_may_be_tensors():
    rows = torch.arange(5)
    plain = Rng.for_rows(3, 4, rows).words((5, 2))
    assert Rng.for_rows(torch.tensor(3), torch.tensor(4), rows).words((5, 2)).equal(plain)


def test_uniform_numbers_are_uniform_and_below_one():
    drawn = Rng.for_rows(1, 1, ROWS).uniform((2000, 50)).flatten().numpy()
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert kstest(drawn, "uniform").pvalue > 1e-4


def test_normal_numbers_are_normal():
    drawn = Rng.for_rows(1, 1, ROWS).normal((len(ROWS), 50))
    assert drawn.dtype == torch.float32
    assert kstest(drawn.flatten().numpy(), "norm").pvalue > 1e-4


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2.0**-24])
def test_normal_numbers_are_finite_at_the_ends_and_symmetric(monkeypatch, uniform):
    monkeypatch.setattr(Rng, "uniform", lambda self, shape: torch.full(shape, uniform))
    drawn = Rng.for_rows(1, 1, ROWS).normal((1,)).item()
    expected = norm.ppf(uniform + 2.0**-25)
    assert drawn == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("high", [2, 7, 100])
def test_integers_are_uniform_below_high(high):
    drawn = Rng.for_rows(1, 1, ROWS).integers((2000, 50), high).flatten()
    counts = torch.bincount(drawn, minlength=high).numpy()
    assert len(counts) == high
    assert chisquare(counts).pvalue > 1e-4


def test_integers_take_an_upper_bound_for_every_row():
    high = torch.tensor([1, 2, 3])[:, None]
    drawn = Rng.for_rows(1, 1, torch.arange(3)).integers((3, 500), high)
    assert drawn.amax(1).tolist() == [0, 1, 2]


def test_bytes_are_uniform():
    drawn = Rng.for_rows(1, 1, ROWS).bytes((2000, 3, 50)).flatten()
    counts = torch.bincount(drawn.int(), minlength=256).numpy()
    assert chisquare(counts).pvalue > 1e-4


def test_each_bit_of_a_word_is_set_half_of_the_time():
    words = Rng.for_rows(1, 1, ROWS).words((2000, 50)).flatten().numpy().view(np.uint64)
    for bit in range(64):
        share = ((words >> np.uint64(bit)) & np.uint64(1)).mean()
        assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(len(words))


def correlation(left, right):
    return float(np.corrcoef(left.flatten().numpy(), right.flatten().numpy())[0, 1])


NEIGHBOURS = {
    "rows": lambda: (
        Rng.for_rows(1, 1, ROWS).uniform((2000, 50)),
        Rng.for_rows(1, 1, ROWS + 1).uniform((2000, 50)),
    ),
    "epochs": lambda: (
        Rng.for_rows(1, 1, ROWS).uniform((2000, 50)),
        Rng.for_rows(1, 2, ROWS).uniform((2000, 50)),
    ),
    "seeds": lambda: (
        Rng.for_rows(1, 1, ROWS).uniform((2000, 50)),
        Rng.for_rows(2, 1, ROWS).uniform((2000, 50)),
    ),
    "names": lambda: (
        Rng.for_rows(1, 1, ROWS).child("view 1").uniform((2000, 50)),
        Rng.for_rows(1, 1, ROWS).child("view 2").uniform((2000, 50)),
    ),
    "positions": lambda: (
        Rng.for_rows(1, 1, ROWS).uniform((2000, 51))[:, :-1],
        Rng.for_rows(1, 1, ROWS).uniform((2000, 51))[:, 1:],
    ),
    "seed and epoch exchanged": lambda: (
        Rng.for_rows(3, 5, ROWS).uniform((2000, 50)),
        Rng.for_rows(5, 3, ROWS).uniform((2000, 50)),
    ),
}


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbouring_addresses_draw_independently(what):
    left, right = NEIGHBOURS[what]()
    assert abs(correlation(left, right)) < 5 / np.sqrt(100_000)
    assert (left == right).float().mean() < 1e-4


def test_a_path_of_names_is_not_the_path_of_their_joined_name():
    rng = Rng.for_rows(1, 1, torch.arange(1))
    assert not rng.child("a").child("b").words((1, 4)).equal(rng.child("a/b").words((1, 4)))


def test_case_B26_rows_with_equal_sequences_draw_differently_in_every_epoch():
    masks = [
        tuple((Rng.for_rows(7, epoch, torch.arange(8)).uniform((8, 50)) < 0.5)[row].tolist())
        for epoch in (1, 2)
        for row in range(8)
    ]
    assert len(set(masks)) == 16


def test_drawing_compiles_as_one_graph():
    def draw(rows, epoch):
        rng = Rng.for_rows(1, epoch, rows).child("x")
        return rng.uniform((4, 3)), rng.child("y").bytes((4, 10)), rng.integers((4, 2), 5)

    rows, epoch = torch.arange(4), torch.tensor(2)
    compiled = torch.compile(draw, backend="eager", fullgraph=True)
    for plain, captured in zip(draw(rows, epoch), compiled(rows, epoch), strict=True):
        assert plain.equal(captured)
