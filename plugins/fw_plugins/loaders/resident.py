"""Batches from training rows that lie on the device: nothing moves but row numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import torch
from torch import nn

from fw import Info, Sequences, hookimpl
from fw.data.training import TrainingRows
from fw.engine.steps.batches import Plan


@attrs.frozen(kw_only=True)
class Resident:
    """All training rows stay on the device, 4 bytes an item; a batch is gathered where it is used.

    The row numbers of an epoch are sent there once.
    """

    def build(self, info: Info) -> ResidentLoader:
        """Take the training rows along to the device."""
        return ResidentLoader(info.training)


class ResidentLoader(nn.Module):
    """Gathers histories on the device of the training rows, which moves with it."""

    def __init__(self, training: TrainingRows) -> None:
        super().__init__()
        self.training_rows = training

    def forward(self, plans: Sequence[Plan]) -> Iterator[Sequences]:
        """Yield the history of each plan's rows."""
        if not plans:
            return
        rows = torch.from_numpy(np.concatenate([plan.rows for plan in plans]))
        rows = rows.to(self.training_rows.items.device)
        sizes = [len(plan.rows) for plan in plans]
        for part, plan in zip(torch.split(rows, sizes), plans, strict=True):
            yield self.training_rows.newest(part, plan.width)

    def close(self) -> None:
        """Do nothing: nothing was started."""


@hookimpl
def register_loaders(register):
    """Offer ``resident``."""
    register("resident", Resident)
