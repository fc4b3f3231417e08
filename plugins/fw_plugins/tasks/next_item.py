"""The task of SASRec: every position predicts its successor."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch

from fw import Batch, Sequences, hookimpl
from fw.interfaces import NO_COLUMNS
from fw.random import Rng


@attrs.frozen(kw_only=True)
class NextItem:
    """Every position predicts the item after it (Kang and McAuley, ICDM 2018, section III)."""

    min_items: ClassVar[int] = 2
    ahead: ClassVar[int] = 1
    requires_causal: ClassVar[bool] = True

    def __call__(self, history: Sequences, rng: Rng) -> Batch:
        """Take all items but the newest as inputs, all but the oldest as targets: [B, L - 1]."""
        lengths = (history.lengths - 1).clamp(min=0)
        targets = _columns(history, slice(1, None))._replace(lengths=lengths)
        inputs = _cut(_columns(history, slice(None, -1))._replace(lengths=lengths))
        return Batch(inputs=inputs, targets=targets, history=history)

    def query(self, history: Sequences) -> Sequences:
        """Take the history as it is: its newest position predicts what comes next."""
        return history


def _columns(sequences: Sequences, part: slice) -> Sequences:
    columns = {name: column[:, part] for name, column in sequences.columns.items()}
    return sequences._replace(items=sequences.items[:, part], columns=columns or NO_COLUMNS)


def _cut(sequences: Sequences) -> Sequences:
    """Leave nothing after the last item: what stood there belongs to the target."""
    real = sequences.is_real()
    columns = {name: torch.where(real, c, 0) for name, c in sequences.columns.items()}
    items = torch.where(real, sequences.items, 0)
    return sequences._replace(items=items, columns=columns or NO_COLUMNS)


@hookimpl
def register_tasks(register):
    """Offer ``next_item``."""
    register("next_item", NextItem)
