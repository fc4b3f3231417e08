"""The training rows as tensors on a device, and batches of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fw.data.flat import FlatRows
from fw.data.spans import spans
from fw.interfaces import Sequences

if TYPE_CHECKING:
    from fw.data.split import Split
    from fw.data.windows import Windows
    from fw.engine.steps.batches import Plan


class TrainingRows(FlatRows):
    """Users' training parts: the oldest ``lengths[row]`` items of each row.

    With ``windows`` a row is not a user but one of them; ``users`` says whose.
    """

    lengths: Tensor  # [U] int64
    context: Tensor | None  # [U] int64: so many of a row's oldest items are not to be predicted

    def __init__(
        self,
        split: Split,
        columns: Mapping[str, np.ndarray] | None = None,
        windows: Windows | None = None,
    ) -> None:
        super().__init__(split.store, columns)
        self.users = np.arange(len(split.train_lengths)) if windows is None else windows.users
        self.host_lengths = np.asarray(split.train_lengths)  # shapes are decided from these
        self._whole: tuple[TrainingRows, ...] = ()  # no module of this one: it stays on the host
        if windows is not None:
            self._whole = (TrainingRows(split),)
            self._keep("starts", split.store.offsets[:-1][windows.users] + windows.firsts)
            self.host_lengths = windows.lengths
        self._keep("lengths", self.host_lengths)
        context = None if windows is None else torch.from_numpy(windows.context)
        self.register_buffer("context", context, persistent=False)

    @property
    def by_user(self) -> TrainingRows:
        """The same with a row a user."""
        return self._whole[0] if self._whole else self

    def newest(self, rows: Tensor, width: int) -> Sequences:
        """Return the newest ``width`` training items of each of ``rows`` ([B]), as [B, width]."""
        return self.window(rows, self.lengths[rows], width)

    def history(self, plan: Plan) -> Sequences:
        """Return the items that a step trains on, on the device of these rows: [B, plan.width]."""
        return self.newest(torch.from_numpy(plan.rows).to(self.items.device), plan.width)

    def distinct_items(self) -> tuple[Tensor, Tensor]:
        """Return rows and items ([S] int64 each): every row's distinct training items, sorted.

        A window has those of its user: what the user has had is no negative anywhere.
        """
        if self.context is not None:
            return _repeated(*self.by_user.distinct_items(), torch.from_numpy(self.users))
        stride = int(self.items.max()) + 1 if len(self.items) else 1
        ends = np.append(0, self.host_lengths.cumsum())
        parts = [self._distinct(first, last, stride) for first, last in spans(ends)]
        rows, items = zip(*parts, strict=True) if parts else ([torch.zeros(0).long()],) * 2
        return torch.cat(rows), torch.cat(items)

    def count_newest(self, numbers: Tensor, weights: Tensor, num_items: int) -> Tensor:
        """Add up, by item, the weight ([U]) of each row for its newest ``numbers`` ([U]) items.

        Items that are not to be predicted are left out. Returns [N + 2] float64.
        """
        if self.context is not None:
            numbers = torch.minimum(numbers, self.lengths - self.context)
        total = torch.zeros(num_items + 2, dtype=torch.float64)
        first, weights = self.starts + self.lengths - numbers, weights.double()
        for begin, end in spans(np.append(0, numbers.numpy().cumsum())):
            rows, items = self._laid(first[begin:end], numbers[begin:end])
            total += torch.bincount(items, weights[begin:end][rows], minlength=num_items + 2)
        return total

    def _distinct(self, first: int, last: int, stride: int) -> tuple[Tensor, Tensor]:
        """Return what :meth:`distinct_items` does of a span of rows."""
        rows, items = self._laid(self.starts[first:last], self.lengths[first:last])
        keys = torch.unique(rows * stride + items)
        return keys // stride + first, keys % stride

    def _laid(self, starts: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``numbers`` ([U]) items from each of ``starts`` on, and before them their rows."""
        rows = torch.repeat_interleave(torch.arange(len(numbers)), numbers)
        within = torch.arange(len(rows)) - (numbers.cumsum(0) - numbers)[rows]
        return rows, self.items[starts[rows] + within].to(torch.int64)


def _repeated(rows: Tensor, items: Tensor, users: Tensor) -> tuple[Tensor, Tensor]:
    """Return rows and items of windows, given those of users, sorted, and each window's user."""
    counts = torch.bincount(rows, minlength=int(users.max()) + 1)
    starts, own = counts.cumsum(0) - counts, counts[users]
    windows = torch.repeat_interleave(torch.arange(len(users)), own)
    within = torch.arange(len(windows)) - (own.cumsum(0) - own)[windows]
    return windows, items[starts[users[windows]] + within]
