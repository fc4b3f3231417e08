"""Users' items as tensors on a device, and windows of them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch import Tensor, nn

from fw.interfaces import NO_COLUMNS, Sequences

if TYPE_CHECKING:
    from fw.data.sequences import SequenceStore


class FlatRows(nn.Module):
    """All users' items, flat: a module, so that it moves to a device with the rest.

    Row r of a batch is user r of the store. Buffers are left out of checkpoints: they are data.
    """

    items: Tensor  # [T] int32
    starts: Tensor  # [U] int64

    def __init__(
        self, store: SequenceStore, columns: Mapping[str, np.ndarray] | None = None
    ) -> None:
        super().__init__()
        self._keep("items", store.items)
        self._keep("starts", store.offsets[:-1])
        self.column_names = tuple(columns or ())
        for name in self.column_names:
            self._keep(f"column_{name}", (columns or {})[name])

    def _keep(self, name: str, values: np.ndarray) -> None:
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values)), persistent=False)

    def staying(self) -> Self:
        """Return the same rows, in the same memory, that stay where they are if these are moved."""
        twin = copy.copy(self)
        twin._buffers = dict(self._buffers)
        return twin

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
