"""What a loss is given, made of plain tensors."""

import pytest
import torch

from fw import Batch, Negatives, Sequences, StepOutput
from fw.nn.items import ItemTable


@pytest.fixture
def output_with():
    """A function from hidden states, targets and negatives to the output of a step."""

    def make(hidden, targets, table, items, collides=None, log_probability=None, target=None):
        sequences = Sequences(targets, (targets > 0).sum(1), torch.arange(len(targets)))
        if collides is None:
            collides = torch.zeros(*targets.shape, items.shape[-1], dtype=torch.bool)
        if log_probability is None:
            log_probability = torch.zeros(items.shape)
        negatives = Negatives(items, log_probability, collides, target)
        batch = Batch(sequences, sequences, sequences)
        return StepOutput(batch, table, hidden=hidden, negatives=negatives)

    return make


@pytest.fixture
def number_table():
    """A table of 9 items in one dimension, in which item i scores i times the hidden state."""
    table = ItemTable(9, 1, torch.nn.init.zeros_)
    table.weight.data[1:, 0] = torch.arange(1, 11)
    return table
