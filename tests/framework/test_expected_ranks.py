"""Probabilities of ranks against slow definitions of them."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom, multinomial

from fw import metrics
from fw.expected_ranks import among_all, among_distinct, among_repeated
from fw.ranking import Counts


def counts_of(*cases):
    return Counts(*(torch.tensor(column) for column in zip(*cases, strict=True)))


def by_listing(samples, better, tied, most):
    """P(rank): every sample of places equally likely, the target at random among its ties."""
    found = np.zeros(most + 200)
    for sample in samples:
        above = sum(place < better for place in sample)
        ties = sum(better <= place < better + tied for place in sample)
        found[above : above + ties + 1] += 1 / (ties + 1)
    return found[:most] / len(samples)


@pytest.mark.parametrize(("better", "tied"), [(0, 0), (2, 0), (0, 3), (2, 2), (6, 0), (0, 6)])
@pytest.mark.parametrize("num_candidates", [1, 3, 6])
def test_without_replacement_equals_a_list_of_all_samples(better, tied, num_candidates):
    samples = list(combinations(range(6), num_candidates))
    slow = by_listing(samples, better, tied, 8)
    found = among_distinct(counts_of((better, tied, 6)), 8, num_candidates)
    assert found[0] == pytest.approx(slow, abs=1e-14)


@pytest.mark.parametrize(("better", "tied"), [(0, 0), (2, 0), (0, 3), (2, 2), (5, 0), (0, 5)])
@pytest.mark.parametrize("num_candidates", [1, 2, 4])
def test_with_replacement_equals_a_list_of_all_samples(better, tied, num_candidates):
    samples = list(product(range(5), repeat=num_candidates))
    slow = by_listing(samples, better, tied, 8)
    found = among_repeated(counts_of((better, tied, 5)), 8, num_candidates)
    assert found[0] == pytest.approx(slow, abs=1e-14)


def by_listing_weighted(weights, better, tied, num_candidates, most):
    """P(rank) over every sequence of items, each drawn in proportion to its weight."""
    found = np.zeros(most)
    for sample in product(range(len(weights)), repeat=num_candidates):
        likely = np.prod([weights[item] for item in sample]) / sum(weights) ** num_candidates
        above = sum(item < better for item in sample)
        ties = sum(better <= item < better + tied for item in sample)
        found[above : above + ties + 1] += likely / (ties + 1)
    return found


@pytest.mark.parametrize(("better", "tied"), [(0, 0), (2, 0), (0, 3), (1, 2), (5, 0), (0, 5)])
@pytest.mark.parametrize("num_candidates", [1, 2, 4])
def test_weighted_with_replacement_equals_a_list_of_all_samples(better, tied, num_candidates):
    weights = np.array([7, 1, 3, 0, 12])  # the better ones first, then those that tie
    slow = by_listing_weighted(weights, better, tied, num_candidates, 8)
    sums = (weights[:better].sum(), weights[better : better + tied].sum(), weights.sum())
    found = among_repeated(counts_of(sums), 8, num_candidates)
    assert found[0] == pytest.approx(slow, abs=1e-14)


@settings(max_examples=30)
@given(st.data())
def test_with_replacement_is_multinomial_in_better_tied_and_worse(data):
    whole = data.draw(st.integers(1, 10**7))
    better = data.draw(st.integers(0, whole))
    tied = data.draw(st.integers(0, whole - better))
    shares = [better / whole, tied / whole, (whole - better - tied) / whole]
    slow = np.zeros(30)
    for above, ties in product(range(21), repeat=2):
        if above + ties <= 20:
            likely = multinomial.pmf([above, ties, 20 - above - ties], 20, shares)
            slow[above : above + ties + 1] += likely / (ties + 1)
    found = among_repeated(counts_of((better, tied, whole)), 30, 20)
    assert found[0] == pytest.approx(slow, abs=1e-9)


@settings(max_examples=30)
@given(st.data())
def test_without_replacement_is_the_mean_hypergeometric_over_the_tied_places(data):
    eligible = data.draw(st.integers(1, 4000))
    better = data.draw(st.integers(0, eligible))
    tied = data.draw(st.integers(0, min(eligible - better, 50)))
    drawn = min(100, eligible)
    slow = np.mean(
        [hypergeom.pmf(np.arange(20), eligible, better + j, drawn) for j in range(tied + 1)], axis=0
    )
    found = among_distinct(counts_of((better, tied, eligible)), 20, 100)
    assert found[0] == pytest.approx(slow, abs=1e-10)


def test_with_replacement_and_without_ties_is_binomial():
    found = among_repeated(counts_of((30, 0, 1000), (1000, 0, 1000)), 20, 100)
    assert found[0] == pytest.approx(binom.pmf(np.arange(20), 100, 0.03), abs=1e-14)
    assert found[1] == pytest.approx(np.zeros(20), abs=1e-14)


def test_a_large_catalogue_loses_no_digits():
    counts = counts_of((70_000, 0, 1_000_000))
    slow = hypergeom.pmf(np.arange(20), 1_000_000, 70_000, 100)
    assert among_distinct(counts, 20, 100)[0] == pytest.approx(slow, abs=1e-8)


@pytest.mark.parametrize("among", [among_distinct, among_repeated])
def test_case_B02_a_constant_model_is_equally_likely_on_every_rank(among):
    found = among(counts_of((0, 3000, 3000)), 101, 100)
    assert found[0] == pytest.approx(np.full(101, 1 / 101), abs=1e-13)


@pytest.mark.parametrize("among", [among_all, among_distinct, among_repeated])
def test_probabilities_add_up_to_one(among):
    counts = counts_of((0, 0, 0), (5, 3, 40), (40, 0, 40), (100, 10, 3000))
    further = () if among is among_all else (100,)
    assert among(counts, 3001, *further).sum(1) == pytest.approx(np.ones(4), abs=1e-9)


def test_case_B08_a_case_with_few_eligible_items_is_ranked_among_all_of_them():
    counts = counts_of((2, 0, 5), (0, 1, 3), (0, 0, 0))
    assert among_distinct(counts, 10, 100) == pytest.approx(among_all(counts, 10), abs=1e-14)


def test_case_B10_sampled_and_full_ranking_of_the_same_ranks():
    counts = counts_of((50, 0, 999))
    names = ["hr@10", "ndcg@10"]
    full = metrics.per_case(names, counts, among_all)
    assert (full["hr@10"][0], full["ndcg@10"][0]) == (0, 0)
    sampled = metrics.per_case(names, counts, lambda c, most: among_distinct(c, most, 100))
    assert sampled["hr@10"][0] == pytest.approx(0.97842, abs=5e-6)
    assert sampled["ndcg@10"][0] == pytest.approx(0.37144, abs=5e-6)
