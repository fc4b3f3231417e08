"""Scores of targets and negatives, as losses need them."""

from __future__ import annotations

from torch import Tensor

from fw.interfaces import StepOutput
from fw.nn.filling import fill


def target_scores(output: StepOutput) -> Tensor:
    """Return the score of each position's target, [B, L]; 0 where it is PAD."""
    assert output.hidden is not None
    return (output.hidden * output.items.rows(output.batch.targets.items)).sum(-1)


def negative_scores(output: StepOutput) -> Tensor:
    """Return the scores of each position's negatives, [B, L, K], those that collide too.

    Negatives that the batch shares cost one matrix product, others a row of D numbers each, read
    once for the scores and once for their gradient.
    """
    assert output.hidden is not None
    assert output.negatives is not None
    items = output.negatives.items
    if items.dim() == 1:
        return fill(output.hidden) @ fill(output.items.rows(items)).T
    return output.items.scores_of(output.hidden, items)
