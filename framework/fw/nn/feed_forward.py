"""Position-wise feed-forward networks: two linear maps, or three where one is a gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import silu

from fw.nn.dropout import AddressDropout
from fw.nn.linear import Linear
from fw.random import Rng

Activation = Literal["relu", "gelu", "swiglu"]
# In place, since nobody else looks at what the linear map gave.
_ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": partial(nn.ReLU, inplace=True),
    "gelu": nn.GELU,
}


def make_feed_forward(
    size: int, inner_size: int, *, activation: Activation, dropout: float = 0.0
) -> FeedForward | GatedFeedForward:
    """Make the network that an activation asks for."""
    if activation == "swiglu":
        return GatedFeedForward(size, inner_size, dropout=dropout)
    return FeedForward(size, inner_size, activation=activation, dropout=dropout)


class FeedForward(nn.Module):
    """Two linear maps with an activation and dropout between them (Vaswani et al., 2017, eq. 2)."""

    def __init__(
        self,
        size: int,
        inner_size: int,
        *,
        activation: Literal["relu", "gelu"] = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.inner = Linear(size, inner_size)
        self.activation = _ACTIVATIONS[activation]()
        self.dropout = AddressDropout(dropout, "inner")
        self.outer = Linear(inner_size, size)

    def forward(self, hidden: Tensor, rng: Rng | None) -> Tensor:
        """Map [B, L, D] to [B, L, D], every position alike."""
        inner = self.dropout(self.activation(self.inner(hidden)), rng)
        outer: Tensor = self.outer(inner)
        return outer


class GatedFeedForward(nn.Module):
    """(SiLU(x W) * (x V)) W2, without biases (Shazeer, arXiv 2002.05202, eq. 6: FFN_SwiGLU)."""

    def __init__(self, size: int, inner_size: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.gate = Linear(size, inner_size, bias=False)
        self.inner = Linear(size, inner_size, bias=False)
        self.dropout = AddressDropout(dropout, "inner")
        self.outer = Linear(inner_size, size, bias=False)

    def forward(self, hidden: Tensor, rng: Rng | None) -> Tensor:
        """Map [B, L, D] to [B, L, D], every position alike."""
        inner = self.dropout(silu(self.gate(hidden)) * self.inner(hidden), rng)
        outer: Tensor = self.outer(inner)
        return outer
