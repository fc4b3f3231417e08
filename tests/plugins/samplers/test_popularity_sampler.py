"""Negatives in proportion to popularity: frequencies and log-probabilities, by hand."""

import math

import pytest
import torch
from scipy.stats import chisquare

from fw_plugins.samplers.popularity import Popularity

# Item 1 is had four times, item 2 twice, items 3 and 4 once, item 5 by nobody.
ROWS = [[1, 2, 1], [1, 2, 3], [1, 4]]
SHARES = {1: 4, 2: 2, 3: 1, 4: 1}


def frequencies(items, num_items=5):
    return torch.bincount(items.flatten(), minlength=num_items + 1).double()


def assert_follows(items, shares):
    counts, chosen = frequencies(items), sorted(shares)
    expected = torch.tensor([shares[item] for item in chosen], dtype=torch.float64)
    assert counts.sum() == counts[chosen].sum()
    assert chisquare(counts[chosen], expected / expected.sum() * counts.sum()).pvalue > 1e-4


@pytest.mark.parametrize(
    ("exponent", "shares"),
    [
        (1.0, SHARES),
        (0.5, {item: math.sqrt(count) for item, count in SHARES.items()}),
        (0.0, dict.fromkeys(range(1, 6), 1)),
    ],
)
def test_any_item_is_drawn_as_its_count_to_the_power_says(
    counted_info, batch_of, draw, exponent, shares
):
    settings = Popularity(num_negatives=3000, exponent=exponent, exclude="target")
    drawn = draw(settings.build(counted_info(ROWS, 5)), batch_of([0, 1], [[2, 1], [3]]))
    assert_follows(drawn.items, shares)
    for item, share in shares.items():
        found = drawn.log_probability[drawn.items == item]
        expected = math.log(share / sum(shares.values()))
        assert found.unique().tolist() == pytest.approx([expected], abs=1e-6)


def test_outside_the_history_the_others_keep_their_proportions(counted_info, batch_of, draw):
    sampler = Popularity(num_negatives=3000).build(counted_info(ROWS, 5))
    drawn = draw(sampler, batch_of([0, 2], [[2, 1], [4, 4]]))
    assert not drawn.collides.any()
    assert_follows(drawn.items[0], {3: 1, 4: 1})
    assert_follows(drawn.items[1], {2: 2, 3: 1})
    of_two = drawn.log_probability[1][drawn.items[1] == 2]
    assert of_two.unique().tolist() == pytest.approx([math.log(2 / 3)], abs=1e-6)


def test_only_the_target_collides_where_the_history_may_be_drawn(counted_info, batch_of, draw):
    settings = Popularity(num_negatives=200, exclude="target")
    batch = batch_of([0, 1], [[2, 1], [3, 0]])
    drawn = draw(settings.build(counted_info(ROWS, 5)), batch)
    assert drawn.collides.tolist() == (drawn.items == batch.targets.items[..., None]).tolist()
    assert drawn.collides[0].any()


def test_a_targets_log_probability_is_in_proportion_to_the_negatives(counted_info, batch_of, draw):
    info, batch = counted_info(ROWS, 5), batch_of([2], [[4]])
    free = draw(Popularity(exclude="target").build(info), batch).target_log_probability
    assert free.tolist() == [[pytest.approx(math.log(1 / 8), abs=1e-6)]]
    # Outside the history of row 2 items 2 and 3 are left, with 3 of 8 interactions.
    left = draw(Popularity().build(info), batch).target_log_probability
    assert left.tolist() == [[pytest.approx(math.log(1 / 3), abs=1e-6)]]


def test_case_B08_a_row_with_nothing_left_only_collides(counted_info, batch_of, draw):
    said = []
    info = counted_info([[1, 2, 3], [1]], 3, warn=said.append)
    drawn = draw(Popularity().build(info), batch_of([0, 1], [[2, 3], [1]]))
    assert drawn.collides.all(-1).all(-1).tolist() == [True, False]
    assert len(said) == 1
