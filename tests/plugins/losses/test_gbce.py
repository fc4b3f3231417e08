"""The calibrated binary cross-entropy, by hand and against the form of its authors' code."""

import math

import pytest
import torch

from fw.nn.items import ItemTable
from fw_plugins.losses.bce import BinaryCrossEntropy
from fw_plugins.losses.gbce import GeneralisedBinaryCrossEntropy


@pytest.mark.parametrize(
    ("calibration", "num_negatives", "num_items", "beta"),
    [
        (0.0, 1, 101, 1.0),
        (1.0, 1, 101, 0.01),
        (0.75, 1, 101, 1 - 0.75 * 0.99),
        (0.75, 100, 101, 1.0),
        (1.0, 256, 1025, 0.25),
    ],
)
def test_the_weight_of_targets_goes_from_one_to_the_share_that_is_sampled(
    calibration, num_negatives, num_items, beta
):
    loss = GeneralisedBinaryCrossEntropy(calibration=calibration)
    assert loss.positive_weight(num_negatives, num_items) == pytest.approx(beta)


def test_scores_of_zero_by_hand(output_with):
    table = ItemTable(9, 4, torch.nn.init.normal_)
    output = output_with(torch.zeros(1, 1, 4), torch.tensor([[1]]), table, torch.tensor([[[2, 3]]]))
    # Two of eight are sampled: 1 - 0.5 (1 - 0.25) = 0.625.
    expected = (0.625 + 2) * math.log(2) / 3
    term = GeneralisedBinaryCrossEntropy(calibration=0.5)(output)
    assert term.total.item() == pytest.approx(expected, rel=1e-6)


def test_without_calibration_it_is_the_plain_loss_over_all_that_it_scores(output_with):
    torch.manual_seed(0)
    table = ItemTable(9, 4, torch.nn.init.normal_)
    items = torch.tensor([[[2, 3, 4], [5, 6, 7]]])
    output = output_with(torch.randn(1, 2, 4), torch.tensor([[1, 8]]), table, items)
    plain = BinaryCrossEntropy()(output).total.item()
    term = GeneralisedBinaryCrossEntropy(calibration=0.0)(output)
    assert term.total.item() == pytest.approx(plain / 4, rel=1e-6)


@pytest.mark.parametrize("score", [-6.0, -0.5, 0.0, 3.0])
def test_it_is_the_number_that_the_detour_through_double_precision_gives(
    output_with, number_table, score
):
    """Its authors replace the score by log(1 / (sigma^-beta - 1)), and take the plain loss."""
    hidden = torch.full((1, 1, 1), score)
    output = output_with(hidden, torch.tensor([[1]]), number_table, torch.tensor([[[2]]]))
    loss = GeneralisedBinaryCrossEntropy()
    beta = loss.positive_weight(1, 9)
    sigma = 1 / (1 + math.exp(-score))
    replaced = math.log(1 / (sigma**-beta - 1))
    expected = math.log1p(math.exp(-replaced)) + math.log1p(math.exp(2 * score))
    assert loss(output).total.item() == pytest.approx(expected / 2, rel=1e-5)
