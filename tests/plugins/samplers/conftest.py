"""Training rows, batches of them, and draws, for tests of samplers."""

import attrs
import pytest
import torch

from fw import Batch, Sequences
from fw.random import Rng


@pytest.fixture
def counted_info(make_info):
    """A function as ``make_info``, with the items of the rows counted."""

    def make(rows, num_items, **more):
        items = torch.tensor([item for row in rows for item in row])
        counts = torch.bincount(items, minlength=num_items + 2)
        return attrs.evolve(make_info(rows, num_items, **more), item_counts=counts)

    return make


@pytest.fixture
def batch_of():
    """A function from training rows' numbers and their targets (lists) to a batch."""

    def make(rows, targets):
        width = max(map(len, targets))
        items = torch.tensor([row + [0] * (width - len(row)) for row in targets])
        lengths = torch.tensor([len(row) for row in targets])
        sequences = Sequences(items, lengths, torch.tensor(rows))
        return Batch(sequences, sequences, sequences)

    return make


@pytest.fixture
def draw():
    """A function from a sampler and a batch to its negatives in an epoch."""

    def drawn(sampler, batch, epoch=1):
        return sampler(batch, Rng.for_rows(1, epoch, batch.targets.rows))

    return drawn
