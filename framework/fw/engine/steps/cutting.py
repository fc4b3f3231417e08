"""Cutting a batch: rows of a group at its own width, and the newest items of every row."""

from __future__ import annotations

import torch

from fw.engine.steps.batches import Group
from fw.interfaces import NO_COLUMNS, Batch, Negatives, Sequences


def newest(sequences: Sequences, width: int) -> Sequences:
    """Return the newest ``width`` items of each row; as they are where nothing is longer."""
    extra = sequences.items.shape[1] - width
    if extra <= 0:
        return sequences
    first = (sequences.lengths - width).clamp(min=0)
    places = first[:, None] + torch.arange(width, device=first.device)
    columns = {name: column.gather(1, places) for name, column in sequences.columns.items()}
    return sequences._replace(
        items=sequences.items.gather(1, places),
        lengths=sequences.lengths.clamp(max=width),
        columns=columns or NO_COLUMNS,
    )


def slice_rows(sequences: Sequences, start: int, stop: int, width: int) -> Sequences:
    """Return rows ``start`` to ``stop``, cut to ``width`` positions; none of them may be longer."""
    columns = {name: c[start:stop, :width] for name, c in sequences.columns.items()}
    return sequences._replace(
        items=sequences.items[start:stop, :width],
        lengths=sequences.lengths[start:stop],
        rows=sequences.rows[start:stop],
        columns=columns or NO_COLUMNS,
    )


def cut(sequences: Sequences, group: Group, batch: Batch) -> Sequences:
    """Return the rows of a group, of what a task made of the batch, at the group's own width."""
    # A task's widths follow the history's: a group's are narrower by as much as its history.
    excess = max(batch.history.items.shape[1] - group.width, 0)
    width = max(sequences.items.shape[1] - excess, 1)
    return slice_rows(sequences, group.start, group.stop, width)


def cut_negatives(negatives: Negatives, group: Group, width: int) -> Negatives:
    """Return the negatives of a group's rows, at the first ``width`` positions."""
    rows = slice(group.start, group.stop)
    items, log_probability, collides, target = negatives
    if items.dim() > 1:
        items, log_probability = items[rows, :width], log_probability[rows, :width]
    target = None if target is None else target[rows, :width]
    return Negatives(items, log_probability, collides[rows, :width], target)
