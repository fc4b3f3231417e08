"""Draws in proportion to weights: every mass by hand, and any rows against a slow version."""

import math

import attrs
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from fw.random import Rng
from fw.sampling.weighted import Everywhere, OutsideHistory, integer_weights, popularity_weights


class Masses:
    """Stands for randomness: every mass of every row, one after the other."""

    def integers(self, shape, high):
        numbers = torch.arange(shape[-1]).expand(shape)
        return numbers % torch.as_tensor(high)


def owners(weights):
    """Return for each unit of weight the item it belongs to."""
    return [item for item, weight in enumerate(weights) for _ in range(weight)]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8).filter(any))
def test_every_unit_of_weight_is_one_mass(weights):
    everywhere = Everywhere(torch.tensor([0, *weights, 0]))
    drawn = everywhere.draw((1, sum(weights)), Masses())
    assert drawn[0].tolist() == owners([0, *weights, 0])


@settings(max_examples=50)
@given(st.data())
def test_what_a_row_has_not_had_keeps_all_its_masses(make_info, data):
    weights = data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=7))
    items = st.integers(1, len(weights))
    rows = data.draw(st.lists(st.lists(items, min_size=1, max_size=6), min_size=1, max_size=4))
    info = make_info(rows, len(weights), warn=lambda message: None)
    outside = OutsideHistory(torch.tensor([0, *weights, 0]), info)
    drawn = outside.draw(torch.arange(len(rows)), (len(rows), sum(weights)), Masses())
    for row, had in enumerate(rows):
        left = [0 if item in had else weight for item, weight in enumerate([0, *weights])]
        assert outside.free[row] == sum(left)
        assert drawn[row, : sum(left)].tolist() == owners(left)


def test_a_row_draws_the_others_in_proportion_to_their_weights(make_info):
    weights = torch.tensor([0, 5, 1, 2, 4, 0])
    outside = OutsideHistory(weights, make_info([[2, 4], [1]], 4))
    rows = torch.tensor([0, 1])
    drawn = outside.draw(rows, (2, 20_000), Rng.for_rows(1, 1, rows))
    for row, left in enumerate([[0, 5, 0, 2, 0], [0, 0, 1, 2, 4]]):
        counts = torch.bincount(drawn[row], minlength=5).double()
        expected = torch.tensor(left).double() / sum(left) * 20_000
        assert counts[expected == 0].sum() == 0
        assert chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 1e-4
        probability = outside.log_probability(rows, torch.arange(5).expand(2, 5)).exp()[row]
        for item, weight in enumerate(left):
            if weight:
                assert probability[item].item() == pytest.approx(weight / sum(left), rel=1e-6)


def test_draws_follow_weights_of_any_size():
    weights = integer_weights(torch.tensor([9.0, 1.0, 0.0, 10.0, 100.0, 9.0]))
    everywhere = Everywhere(weights)
    drawn = everywhere.draw((3, 10_000), Rng.for_rows(1, 1, torch.arange(3)))
    counts = torch.bincount(drawn.flatten(), minlength=6).double()
    assert counts[[0, 2, 5]].tolist() == [0, 0, 0]
    expected = torch.tensor([1, 10, 100], dtype=torch.float64) / 111 * 30_000
    assert chisquare(counts[[1, 3, 4]], expected).pvalue > 1e-4


def test_integer_weights_keep_proportions_and_leave_out_padding_and_the_mask_token():
    weights = integer_weights(torch.tensor([7.0, 1.0, 3.0, 0.0, 1e-12, 7.0]))
    assert weights[[0, 3, 4, 5]].tolist() == [0, 0, 1, 0]
    assert weights.sum().item() == pytest.approx(2**30, abs=4)
    assert weights[2] / weights[1] == pytest.approx(3)


@pytest.mark.parametrize(("exponent", "expected"), [(1, [1, 4, 0]), (0.5, [1, 2, 0]), (0, [1] * 3)])
def test_popularity_is_a_power_of_the_counts(make_info, exponent, expected):
    counts = torch.tensor([0, 1, 4, 0, 0])
    info = attrs.evolve(make_info([[1]], 3), item_counts=counts)
    weights = popularity_weights(info, exponent)[1:4] / 2**30
    assert weights.tolist() == pytest.approx([part / sum(expected) for part in expected])


def test_the_log_probability_of_a_catalogue_of_a_million_items_is_right():
    everywhere = Everywhere(integer_weights(torch.ones(1_000_002)))
    found = everywhere.log_probability(torch.tensor([1, 500_000]))
    # Weights are whole numbers of about a thousand.
    assert found.tolist() == pytest.approx([-math.log(1e6)] * 2, abs=1e-3)


def test_case_B08_a_row_with_every_item_is_named_and_draws_something_that_exists(make_info):
    said = []
    info = make_info([[1, 2], [1]], 2, warn=said.append)
    outside = OutsideHistory(torch.tensor([0, 1, 1, 0]), info)
    rows = torch.tensor([0, 1])
    drawn = outside.draw(rows, (2, 3, 5), Rng.for_rows(1, 1, rows))
    assert set(drawn[0].flatten().tolist()) <= {1, 2}
    assert set(drawn[1].flatten().tolist()) == {2}
    assert said == [
        "1 users have had every item, so there is nothing to draw against them: user 0; "
        "they are left out of losses with negatives"
    ]
