"""A softmax over 12,000 items, forward and backward: of positions with a target, and of all."""

import torch
from tests.bench.timing import take_turns

from fw import StepOutput
from fw.engine.steps.positionwise import as_rows, rows_for
from fw.interfaces import Batch, Sequences
from fw.nn.items import ItemTable
from fw_plugins.losses.cross_entropy import CrossEntropy

NUM_ITEMS, WIDTH = 12_000, 64


def measure():
    """Yield what was timed and its seconds: 256 rows of 5 to 7 targets, padded to 7."""
    torch.manual_seed(1)
    loss, output = CrossEntropy(), _output()

    def run(rows):
        loss(rows).total.backward()

    yield from take_turns(
        {
            "positions with a target": lambda: run(rows_for({0: loss}, [output])[0]),
            "all positions": lambda: run(as_rows([output])),
        }
    )


def _output():
    lengths = 5 + torch.arange(256) % 3
    items = torch.randint(1, NUM_ITEMS + 1, (256, 7)) * (torch.arange(7) < lengths[:, None])
    rows = Sequences(items, lengths, torch.arange(256))
    hidden = torch.randn(256, 7, WIDTH, requires_grad=True)
    table = ItemTable(NUM_ITEMS, WIDTH, torch.nn.init.normal_)
    return StepOutput(Batch(rows, rows, rows), table, hidden)
