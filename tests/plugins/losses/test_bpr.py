"""Pairwise ranking, by hand."""

import math

import pytest
import torch

from fw_plugins.losses.bpr import BayesianPersonalisedRanking


def test_only_the_difference_of_scores_counts(output_with, number_table):
    targets = torch.tensor([[3, 7]])
    items = torch.tensor([[[2, 5], [6, 9]]])
    output = output_with(torch.ones(1, 2, 1), targets, number_table, items)
    term = BayesianPersonalisedRanking()(output)
    # Ahead by one, behind by two, at both positions; the mean of the two at each.
    expected = math.log1p(math.exp(-1)) + math.log1p(math.exp(2))
    assert term.total.item() == pytest.approx(expected, rel=1e-6)
    assert term.count.item() == 2


def test_the_mean_is_over_the_negatives_that_may_be_used(output_with, number_table):
    output = output_with(
        torch.ones(1, 1, 1),
        torch.tensor([[3]]),
        number_table,
        torch.tensor([[[3, 5, 5]]]),
        torch.tensor([[[True, False, False]]]),
    )
    term = BayesianPersonalisedRanking()(output)
    assert term.total.item() == pytest.approx(math.log1p(math.exp(2)), rel=1e-6)
