"""Dropout of a batch's hidden states, forward and backward: by address, against torch's own."""

import torch
from tests.bench.timing import take_turns
from torch.nn.functional import dropout

from fw.nn.dropout import AddressDropout
from fw.random import Rng


def measure():
    """Yield what was timed and its seconds."""
    values = torch.randn(128, 200, 50, requires_grad=True)
    by_address = AddressDropout(0.2, "dropout")
    rng = Rng.for_rows(1, 1, torch.arange(128))

    def run(drop):
        drop(values).sum().backward()

    yield from take_turns(
        {
            "by address": lambda: run(lambda x: by_address(x, rng)),
            "torch": lambda: run(lambda x: dropout(x, 0.2)),
        }
    )
