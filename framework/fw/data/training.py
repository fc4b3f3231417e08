"""The training rows as tensors on a device, and batches of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fw.data.flat import FlatRows
from fw.interfaces import Sequences

if TYPE_CHECKING:
    from fw.data.split import Split
    from fw.engine.batches import Plan


class TrainingRows(FlatRows):
    """Users' training parts: the oldest ``lengths[row]`` items of each row."""

    lengths: Tensor  # [U] int64

    def __init__(self, split: Split, columns: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__(split.store, columns)
        self._keep("lengths", split.train_lengths)
        self.host_lengths = np.asarray(split.train_lengths)  # shapes are decided from these

    def newest(self, rows: Tensor, width: int) -> Sequences:
        """Return the newest ``width`` training items of each of ``rows`` ([B]), as [B, width]."""
        return self.window(rows, self.lengths[rows], width)

    def history(self, plan: Plan) -> Sequences:
        """Return the items that a step trains on, on the device of these rows: [B, plan.width]."""
        return self.newest(torch.from_numpy(plan.rows).to(self.items.device), plan.width)

    def distinct_items(self) -> tuple[Tensor, Tensor]:
        """Return rows and items ([S] int64 each): every row's distinct training items, sorted."""
        ends = torch.cumsum(self.lengths, 0)
        rows = torch.repeat_interleave(torch.arange(len(self.lengths)), self.lengths)
        within = torch.arange(len(rows)) - (ends - self.lengths)[rows]
        items = self.items[self.starts[rows] + within].to(torch.int64)
        stride = int(self.items.max()) + 1 if len(self.items) else 1
        keys = torch.unique(rows * stride + items)
        return keys // stride, keys % stride

    def count_newest(self, numbers: Tensor, weights: Tensor, num_items: int) -> Tensor:
        """Add up, by item, the weight ([U]) of each row for its newest ``numbers`` ([U]) items.

        Returns [N + 2] float64.
        """
        rows = torch.repeat_interleave(torch.arange(len(numbers)), numbers)
        within = torch.arange(len(rows)) - (numbers.cumsum(0) - numbers)[rows]
        first = self.starts + self.lengths - numbers
        items = self.items[first[rows] + within].to(torch.int64)
        return torch.bincount(items, weights.double()[rows], minlength=num_items + 2)
