"""What tests of augmenters share."""

import pytest
import torch

from fw import Sequences
from fw.random import Rng


def _sequences_of(rows, width=None, columns=False):
    width = width or max(len(row) for row in rows)
    items = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    sequences = Sequences(items, lengths, torch.arange(len(rows)))
    return sequences._replace(columns={"time": items * 10}) if columns else sequences


@pytest.fixture
def sequences_of():
    """A function from lists of items to padded sequences, with the column ``time`` if asked."""
    return _sequences_of


@pytest.fixture
def views_of():
    """A function from an augmenter and lists of items to the views, as lists of items."""

    def views(augmenter, rows, epoch=1):
        sequences = _sequences_of(rows)
        view = augmenter(sequences, Rng.for_rows(1, epoch, sequences.rows))
        pairs = zip(view.items.tolist(), view.lengths.tolist(), strict=True)
        return [items[:length] for items, length in pairs]

    return views
