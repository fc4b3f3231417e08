"""Scores of positions against 256 items each, with gradients: in parts, against all at once."""

import torch
from tests.bench.timing import take_turns

from fw.nn.initialisation import INITS
from fw.nn.items import ItemTable


def measure():
    """Yield what was timed and its seconds."""
    table = ItemTable(3416, 50, INITS["normal"])
    hidden = torch.randn(4000, 50, requires_grad=True)
    ids = torch.randint(1, 3417, (4000, 256))

    def run(score):
        score().sin().sum().backward()

    yield from take_turns(
        {
            "in parts": lambda: run(lambda: table.scores_of(hidden, ids)),
            "all at once": lambda: run(lambda: (hidden.unsqueeze(1) * table.rows(ids)).sum(-1)),
        }
    )
