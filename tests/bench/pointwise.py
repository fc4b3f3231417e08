"""The pointwise attention of HSTU over a batch, forward and backward: in parts, and all pairs."""

import torch
from tests.bench.timing import take_turns

from fw.nn.attending import causal_mask
from fw.nn.packing import Packing
from fw_plugins.encoders.hstu import HSTU, TransductionUnit

LENGTH, ROWS, WIDTH = 200, 64, 64


def measure():
    """Yield what was timed and its seconds: a block over 64 rows of 200 items."""
    torch.manual_seed(1)
    block = TransductionUnit(HSTU(hidden_size=WIDTH), LENGTH)
    hidden = torch.randn(ROWS, LENGTH, WIDTH, requires_grad=True)
    mask = causal_mask(LENGTH, hidden)
    packing = Packing([(ROWS, LENGTH)], [mask])
    towards = torch.randn(ROWS, LENGTH, WIDTH)

    yield from take_turns(
        {
            "in parts": lambda: block(hidden.flatten(0, 1), packing, None).backward(
                towards.flatten(0, 1)
            ),
            "all pairs at once": lambda: block(hidden, mask, None).backward(towards),
        }
    )
