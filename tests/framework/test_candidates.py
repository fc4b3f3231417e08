"""Candidates: never what is excluded, never twice, every set as likely as any other."""

from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from fw.candidates import (
    Pool,
    WeightedPool,
    draw_distinct,
    draw_repeated,
    draw_weighted_distinct,
)
from fw.random import Rng
from fw.ranking import Cases


def cases_of(*histories, num_items, trained=1):
    """Cases whose target is the last item of each list, trained on the oldest ``trained``."""

    def flat(lists):
        lists = [sorted(set(one)) for one in lists]
        offsets = torch.tensor([0, *np.cumsum([len(one) for one in lists])])
        return torch.tensor([item for one in lists for item in one], dtype=torch.int32), offsets

    numbers = torch.arange(len(histories))
    targets = torch.tensor([history[-1] for history in histories])
    lengths = torch.tensor([len(history) - 1 for history in histories])
    seen = flat([history[:-1] for history in histories])
    train = flat([history[:trained] for history in histories])
    return Cases(numbers, numbers, targets, lengths, *seen, *train, num_items)


def place(cases, seed=0):
    return Rng.for_rows(seed, cases.history_lengths, cases.rows)


def same(history, times, num_items):
    return cases_of(*[history] * times, num_items=num_items)


def distinct(cases, number, seed=0):
    return draw_distinct(Pool(cases, "seen", without_target=True), number, place(cases, seed))


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.integers(1, 12), min_size=2, max_size=14), min_size=1, max_size=5),
    st.integers(1, 15),
    st.integers(0, 99),
)
def test_candidates_are_distinct_and_outside_history_and_target(histories, number, seed):
    cases = cases_of(*histories, num_items=12)
    for history, drawn in zip(histories, distinct(cases, number, seed).tolist(), strict=True):
        real = [item for item in drawn if item]
        eligible = set(range(1, 13)) - set(history)
        assert len(real) == len(set(real)) == min(number, len(eligible))
        assert set(real) <= eligible


def test_case_B07_the_only_possible_candidates_are_all_drawn():
    cases = cases_of([1, 2, 3, 4, 5], [6, 7, 5], num_items=105)
    for seed in range(5):
        assert sorted(distinct(cases, 100, seed)[0].tolist()) == list(range(6, 106))


def test_case_B08_a_case_with_five_eligible_items_gets_those_five():
    cases = cases_of(list(range(6, 106)), num_items=105)
    drawn = distinct(cases, 100)[0].tolist()
    assert sorted(drawn) == [0] * 95 + [1, 2, 3, 4, 5]


def test_every_set_of_candidates_is_equally_likely():
    drawn = distinct(same([2, 5, 9], 6000, 9), 3).tolist()
    sets = Counter(tuple(sorted(one)) for one in drawn)
    possible = list(combinations([1, 3, 4, 6, 7, 8], 3))
    assert set(sets) == set(possible)
    assert chisquare([sets[one] for one in possible]).pvalue > 1e-4


def test_draws_with_replacement_are_uniform_over_the_pool_and_can_have_the_target():
    cases = same([2, 4, 7], 2000, 7)
    drawn = draw_repeated(Pool(cases, "train", without_target=False), 5, place(cases))
    counts = torch.bincount(drawn.flatten(), minlength=8).numpy()
    assert counts[[0, 2]].tolist() == [0, 0]
    assert chisquare(counts[[1, 3, 4, 5, 6, 7]]).pvalue > 1e-4


def test_an_empty_pool_gives_nothing():
    cases = cases_of([1, 2, 2], [1, 2], num_items=2, trained=2)
    drawn = draw_repeated(Pool(cases, "train", without_target=False), 4, place(cases))
    assert drawn.tolist() == [[0] * 4, [0] * 4]


def weighted(cases, weights, number, seed=0):
    pool = WeightedPool(cases, "seen", torch.as_tensor(weights))
    return draw_weighted_distinct(pool, number, place(cases, seed))


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=12), min_size=1, max_size=5),
    st.lists(st.integers(0, 4), min_size=9, max_size=9),
)
def test_a_weighted_pool_has_as_many_numbers_of_an_item_as_it_weighs(histories, weights):
    cases = cases_of(*histories, num_items=9)
    pool = WeightedPool(cases, "seen", torch.tensor([7, *weights, 7]))
    numbers = torch.arange(sum(weights)).expand(len(histories), -1)
    found = pool.items(torch.where(numbers < pool.sizes[:, None], numbers, -1))
    for history, size, items in zip(histories, pool.sizes.tolist(), found.tolist(), strict=True):
        slow = [i for i in range(1, 10) for _ in range(weights[i - 1]) if i not in history]
        assert items[:size] == slow
        assert not any(items[size:])


def test_weighted_draws_with_replacement_are_in_proportion_to_weights():
    weights = [9, 5, 1, 3, 2, 9, 9]  # items 1 and 5 are history and target
    cases = same([1, 5], 3000, 5)
    pool = WeightedPool(cases, "seen", torch.tensor(weights))
    counts = torch.bincount(draw_repeated(pool, 4, place(cases)).flatten(), minlength=6).numpy()
    assert counts[[0, 1, 5]].tolist() == [0, 0, 0]
    assert chisquare(counts[2:5], np.array([1, 3, 2]) / 6 * 12000).pvalue > 1e-4


# With the second, four draws are mostly of two items alone, and a race decides on the third.
@pytest.mark.parametrize("weights", [[0, 5, 4, 1, 3, 5, 2, 0], [0, 5, 4, 2, 60, 5, 30, 0]])
def test_weighted_draws_have_the_probabilities_of_drawing_one_after_another(weights):
    cases = same([1, 5], 8000, 6)  # which items 1 and 5 are not drawn for
    sets = Counter(tuple(sorted(one)) for one in weighted(cases, weights, 3).tolist())
    expected = Counter()
    for order in permutations([2, 3, 4, 6], 3):
        left, likely = sum(weights) - 10, 1.0
        for item in order:
            likely *= weights[item] / left
            left -= weights[item]
        expected[tuple(sorted(order))] += likely
    assert set(sets) == set(expected)
    found = [sets[one] for one in expected]
    assert chisquare(found, [8000 * share for share in expected.values()]).pvalue > 1e-4


def test_items_without_weight_are_never_drawn():
    drawn = weighted(cases_of([1, 5], [2, 3], num_items=5), [7, 5, 0, 3, 2, 9, 7], 9)
    assert [sorted(one) for one in drawn.tolist()] == [[0] * 7 + [3, 4], [0] * 6 + [1, 4, 5]]


def test_where_nothing_has_a_weight_nothing_is_drawn():
    cases = cases_of([1, 2], [2, 3], num_items=3)
    pool = WeightedPool(cases, "seen", torch.tensor([0, 0, 5, 2, 0]))
    assert draw_repeated(pool, 2, place(cases)).tolist() == [[3, 3], [0, 0]]
    assert draw_weighted_distinct(pool, 2, place(cases)).tolist() == [[3, 0], [0, 0]]


@pytest.mark.parametrize("kind", ["distinct", "repeated", "weighted"])
def test_case_B09_a_case_draws_the_same_beside_any_other_cases(kind):
    def draw(cases):
        if kind == "weighted":
            return weighted(cases, [0, *range(10), *[10**6] * 3, *range(38)], 9)
        if kind == "distinct":
            return distinct(cases, 9)
        return draw_repeated(Pool(cases, "train", without_target=False), 9, place(cases))

    several = cases_of([1, 2, 3], [4, 5, 6, 7], [8, 9], num_items=50)
    alone = cases_of([8, 9], num_items=50)._replace(rows=torch.tensor([2]))
    assert draw(several)[2].tolist() == draw(alone)[0].tolist()
