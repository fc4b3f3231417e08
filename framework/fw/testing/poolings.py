"""The contract of poolings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from fw.interfaces import Info
from fw.random import Rng
from fw.testing import world
from fw.testing.messages import require
from fw.testing.step import RowwiseContract


class PoolingContract(RowwiseContract):
    """One vector a row, of its own states alone."""

    kind = "pooling"

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[Tensor, Tensor]:
        """Give hidden states, 0 at padding, and lengths."""
        sequences = world.newest_items(info, rows, width)
        return world.hidden_states(sequences), sequences.lengths

    def call(self, built: Any, arguments: tuple[Any, ...], rng: Rng) -> Any:
        """Pool; nothing is drawn."""
        return built(*arguments)

    def test_a_vector_is_as_wide_as_it_says(self, built: Any, info: Info) -> None:
        """``width(hidden_size, max_len)`` is known before anything is pooled."""
        pooled = self.outcome(built, info)[""]
        wanted = [len(world.ROWS), built.width(info.hidden_size, info.max_len)]
        require(
            list(pooled.shape) == wanted and pooled.dtype == torch.float32,
            f"pooled vectors are {list(pooled.shape)} {pooled.dtype}",
            f"width() says {wanted} torch.float32",
        )

    def test_values_and_gradients_are_finite(self, built: Any, info: Info) -> None:
        """For a row without items too."""
        hidden, lengths = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        pooled = built(hidden, lengths)
        pooled.square().sum().backward()
        require(pooled.isfinite().all(), f"not finite for rows of {lengths.tolist()} items")
        require(
            hidden.grad is not None and hidden.grad.isfinite().all(),
            f"gradients are missing or not finite for rows of {lengths.tolist()} items",
            "divide by lengths.clamp(min=1)",
        )
