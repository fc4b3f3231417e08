"""Leaving out positions without a target, where a task says how few positions have one.

Samplers and losses then work on so many places a row; most of what they would compute for a task
such as that of BERT4Rec is for positions that predict nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fw.augmentation import take
from fw.interfaces import PAD, Batch, Task


def gathered(batch: Batch, task: Task) -> Batch:
    """Return the batch with each row's targets moved together, as many places as the task says.

    Their order stays; ``places`` says where in the inputs they stood. A task without
    ``num_targets`` has its batch back.
    """
    width = batch.targets.items.shape[1]
    number = most_targets(task, width)
    if number >= width:
        return batch
    counted = batch.targets.items != PAD
    places = _places(counted, number)
    # A row with more targets than its task says would lose some: the contract kit finds that.
    lengths = counted.sum(1).clamp(max=number)
    return batch._replace(targets=take(batch.targets, places, lengths), places=places)


def without_context(batch: Batch, context: Tensor, ahead: int) -> Batch:
    """Return the batch without the targets that belong to an older window of the same history.

    Of each training row, its oldest ``context`` ([U]) items are not to be predicted here.
    """
    targets = batch.targets
    places = torch.arange(targets.items.shape[1], device=context.device) + ahead
    ours = places >= context[targets.rows][:, None]
    return batch._replace(targets=targets._replace(items=torch.where(ours, targets.items, PAD)))


def most_targets(task: Task, width: int) -> int:
    """Return how many targets a row of ``width`` inputs may have."""
    count = getattr(task, "num_targets", None)
    return width if count is None else min(max(int(count(width)), 1), width)


def states_of_targets(hidden: Tensor, batch: Batch) -> Tensor:
    """Return the states ([B, T, D]) that predict the targets, of all ([B, L, D]); 0 for no target.

    Gathered by ``index_select``, whose gradient is added up fast on a CPU.
    """
    if batch.places is None:
        return hidden
    rows, length, size = hidden.shape
    flat = batch.places + torch.arange(rows, device=hidden.device)[:, None] * length
    states = hidden.flatten(0, 1).index_select(0, flat.flatten()).view(rows, -1, size)
    return states * batch.targets.is_real()[:, :, None]


def _places(counted: Tensor, number: int) -> Tensor:
    """Return the first ``number`` positions of each row that are counted ([B, L] bool), then 0."""
    width = counted.shape[1]
    positions = torch.arange(width, device=counted.device).expand(counted.shape)
    # What is not counted goes to one column past the end, which is then cut off.
    columns = torch.where(counted, counted.cumsum(1) - 1, width)
    places = positions.new_zeros(len(counted), width + 1).scatter(1, columns, positions)
    return places[:, :number]
