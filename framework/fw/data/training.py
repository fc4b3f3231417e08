"""The training rows as tensors on a device, and batches of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from fw.data.split import Split
from fw.interfaces import NO_COLUMNS, Sequences


class TrainingRows(nn.Module):
    """Users' training parts, flat: a module, so that it moves to a device with the rest.

    Row r of a batch is user r of the store. Buffers are left out of checkpoints: they are data.
    """

    items: Tensor  # [T] int32
    starts: Tensor  # [U] int64
    lengths: Tensor  # [U] int64

    def __init__(self, split: Split, columns: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__()
        store = split.store
        self._keep("items", store.items)
        self._keep("starts", store.offsets[:-1])
        self._keep("lengths", split.train_lengths)
        self.column_names = tuple(columns or ())
        for name in self.column_names:
            self._keep(f"column_{name}", (columns or {})[name])
        self.host_lengths = np.asarray(split.train_lengths)  # shapes are decided from these

    def _keep(self, name: str, values: np.ndarray) -> None:
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values)), persistent=False)

    def newest(self, rows: Tensor, width: int) -> Sequences:
        """Return the newest ``width`` training items of each of ``rows`` ([B]), as [B, width]."""
        return self.window(rows, self.lengths[rows], width)

    def window(self, rows: Tensor, ends: Tensor, width: int) -> Sequences:
        """Return the newest ``width`` items before item number ``ends`` ([B]) of each row."""
        lengths = ends.clamp(max=width)
        offsets = torch.arange(width, device=rows.device)
        real = offsets < lengths[:, None]
        first = self.starts[rows] + ends - lengths
        places = torch.where(real, first[:, None] + offsets, 0)
        columns = {
            name: torch.where(real, getattr(self, f"column_{name}")[places], 0)
            for name in self.column_names
        }
        items = torch.where(real, self.items[places], 0).to(torch.int64)
        return Sequences(items, lengths, rows, columns or NO_COLUMNS)

    def distinct_items(self) -> tuple[Tensor, Tensor]:
        """Return rows and items ([S] int64 each): every row's distinct training items, sorted."""
        ends = torch.cumsum(self.lengths, 0)
        rows = torch.repeat_interleave(torch.arange(len(self.lengths)), self.lengths)
        within = torch.arange(len(rows)) - (ends - self.lengths)[rows]
        items = self.items[self.starts[rows] + within].to(torch.int64)
        stride = int(self.items.max()) + 1 if len(self.items) else 1
        keys = torch.unique(rows * stride + items)
        return keys // stride, keys % stride
