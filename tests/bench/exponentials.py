"""Sums of exponentials of far inner products, forward and backward: powers of 2, and torch's."""

import torch
from tests.bench.timing import take_turns

from fw.contrast import pairs
from fw.exponentials import NOTHING, log_sum_exp


def measure():
    """Yield what was timed and its seconds: positives and negatives of 512 views."""
    torch.manual_seed(1)
    values = (torch.randn(512, 512) * 30).requires_grad_()
    positive, itself = pairs(256, values.device)

    def run(compute):
        for chosen in (positive, ~(positive | itself)):
            compute(values, chosen).sum().backward()

    yield from take_turns(
        {
            "powers of 2": lambda: run(log_sum_exp),
            "torch's logsumexp": lambda: run(
                lambda given, chosen: given.masked_fill(~chosen, NOTHING).logsumexp(-1)
            ),
        }
    )
