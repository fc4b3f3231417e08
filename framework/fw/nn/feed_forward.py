"""The position-wise feed-forward network (Vaswani et al., NeurIPS 2017, eq. 2)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from fw.nn.dropout import AddressDropout
from fw.random import Rng

Activation = Literal["relu", "gelu"]
_ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU}


class FeedForward(nn.Module):
    """Two linear maps with an activation and dropout between them."""

    def __init__(
        self, size: int, inner_size: int, *, activation: Activation = "relu", dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.inner = nn.Linear(size, inner_size)
        self.activation = _ACTIVATIONS[activation]()
        self.dropout = AddressDropout(dropout, "inner")
        self.outer = nn.Linear(inner_size, size)

    def forward(self, hidden: Tensor, rng: Rng | None) -> Tensor:
        """Map [B, L, D] to [B, L, D], every position alike."""
        inner = self.dropout(self.activation(self.inner(hidden)), rng)
        outer: Tensor = self.outer(inner)
        return outer
