"""Sets for a whole batch: what they hold, and with what log-probability."""

import math

import pytest
import torch
from scipy.stats import chisquare

from fw_plugins.samplers.in_batch import InBatch
from fw_plugins.samplers.mixed import Mixed
from fw_plugins.samplers.shared import Shared

ROWS, NUM_ITEMS = [[1, 2, 2], [3, 2, 4], [1, 1, 5]], 6
TARGETS = [[2, 2], [2, 4], [1, 5]]
# Of the six targets three are item 2, one each is 4, 1 and 5.
SHARES = {1: 1 / 6, 2: 3 / 6, 4: 1 / 6, 5: 1 / 6}


@pytest.fixture
def drawn(counted_info, batch_of, draw):
    def of(settings):
        return draw(settings.build(counted_info(ROWS, NUM_ITEMS)), batch_of([0, 1, 2], TARGETS))

    return of


def assert_follows(items, probability):
    counts = torch.bincount(items, minlength=NUM_ITEMS + 1).double()[1:]
    expected = torch.tensor([probability.get(item, 0.0) for item in range(1, NUM_ITEMS + 1)])
    likely = expected > 0
    assert counts[~likely].sum() == 0
    expected = expected.double() / expected.double().sum() * len(items)
    assert chisquare(counts[likely], expected[likely]).pvalue > 1e-4


def assert_reports(negatives, probability):
    for item, log_probability in zip(
        negatives.items.tolist(), negatives.log_probability.tolist(), strict=True
    ):
        assert log_probability == pytest.approx(math.log(probability[item]), abs=1e-6)
    targets = [math.log(probability[item]) for row in TARGETS for item in row]
    assert negatives.target_log_probability.flatten().tolist() == pytest.approx(targets, abs=1e-6)


def test_a_shared_set_is_uniform(drawn):
    negatives = drawn(Shared(num_negatives=6000))
    uniform = dict.fromkeys(range(1, NUM_ITEMS + 1), 1 / NUM_ITEMS)
    assert_follows(negatives.items, uniform)
    assert_reports(negatives, uniform)


def test_a_shared_set_follows_popularity(drawn):
    negatives = drawn(Shared(num_negatives=6000, exponent=1.0))
    popularity = {1: 3 / 9, 2: 3 / 9, 3: 1 / 9, 4: 1 / 9, 5: 1 / 9}
    assert_follows(negatives.items, popularity)
    assert_reports(negatives, popularity)


def test_targets_of_the_batch_are_drawn_as_often_as_they_stand_in_it(drawn):
    negatives = drawn(InBatch(num_negatives=6000))
    assert_follows(negatives.items, SHARES)
    assert_reports(negatives, SHARES)


def test_a_mixed_set_has_both_parts_and_the_probability_of_the_mixture(drawn):
    negatives = drawn(Mixed(num_in_batch=2000, num_uniform=4000))
    assert_follows(negatives.items[:2000], SHARES)
    assert_follows(negatives.items[2000:], dict.fromkeys(range(1, NUM_ITEMS + 1), 1))
    mixture = {item: (SHARES.get(item, 0) + 2 / NUM_ITEMS) / 3 for item in range(1, NUM_ITEMS + 1)}
    assert_follows(negatives.items, mixture)
    assert_reports(negatives, mixture)


def test_both_parts_of_a_mixed_set_are_drawn_independently(counted_info, batch_of, draw):
    # A batch whose six targets are the items 1 to 6 in order: the same numbers would be the same
    # items.
    rows = [[6, 1, 2, 3, 4, 5, 6]]
    sampler = Mixed(num_in_batch=200, num_uniform=200).build(counted_info(rows, 6))
    items = draw(sampler, batch_of([0], [rows[0][1:]])).items
    same = (items[:200] == items[200:]).float().mean().item()
    assert 0.05 < same < 0.35


@pytest.mark.parametrize("settings", [Shared(), InBatch(), Mixed()], ids=repr)
def test_items_of_a_rows_history_collide_for_that_row_alone(drawn, settings):
    negatives = drawn(settings)
    for row, had in enumerate(ROWS):
        expected = [item in had for item in negatives.items.tolist()]
        assert negatives.collides[row].tolist() == [expected] * 2


def test_a_batch_without_targets_has_only_collisions(counted_info, batch_of, draw):
    sampler = InBatch(num_negatives=3).build(counted_info(ROWS, NUM_ITEMS))
    assert draw(sampler, batch_of([0], [[0, 0]])).collides.all()
