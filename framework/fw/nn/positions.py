"""Learned positions, counted from either end of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

Order = Literal["from_end", "from_start"]


class Positions(nn.Module):
    """A learned vector for each of ``max_len`` places.

    ``from_end``: the newest item always has the last vector, and an item's place is the slot that
    it has where padding is on the left. ``from_start``: the oldest item has the first.
    """

    def __init__(
        self, max_len: int, size: int, order: Order, init: Callable[[Tensor], object]
    ) -> None:
        super().__init__()
        self.order = order
        self.weight = nn.Parameter(torch.empty(max_len, size))
        init(self.weight.data)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the vectors of such numbers as :meth:`numbers` gives (any shape): [..., D]."""
        return self.weight.index_select(0, numbers.flatten()).view(*numbers.shape, -1)

    def numbers(self, places: Tensor, lengths: Tensor) -> Tensor:
        """Return which vector each of the ``places`` ([L] or [B, L], from 0) of its row has.

        The result is [L] or [B, L]. What is given for places outside the row means nothing.
        """
        if self.order == "from_end":
            places = places + (len(self.weight) - lengths).unsqueeze(1)
        return places.clamp(0, len(self.weight) - 1)
