"""What the first block of an encoder sees: embeddings of items with their positions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fw.interfaces import PAD
from fw.nn.dropout import AddressDropout
from fw.nn.norm import LayerNorm
from fw.nn.positions import Positions
from fw.random import Rng


class Embedding(nn.Module):
    """Item rows times ``scale``, plus positions, then LayerNorm if there is one, then dropout.

    What else is embedded (:mod:`fw.nn.inputs`) is joined with the scaled rows.
    """

    def __init__(
        self,
        *,
        scale: float,
        positions: Positions | None,
        norm: LayerNorm | None,
        dropout: float,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.positions = positions
        self.norm = norm or nn.Identity()
        self.dropout = AddressDropout(dropout, "embeddings")

    def forward(
        self,
        rows: Tensor,
        numbers: Tensor,
        rng: Rng | None,
        join: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Embed items ([..., D]) whose positions have the vectors of these numbers.

        ``join``, if there is anything to join them with, is called with the scaled rows.
        """
        scale = self.scale
        if join is not None:
            rows, scale = join(rows * scale), 1.0
        if self.positions is None:
            hidden = rows * scale
        else:
            hidden = torch.add(self.positions(numbers), rows, alpha=scale)
        embedded: Tensor = self.dropout(self.norm(hidden), rng)
        return embedded

    def numbers(self, places: Tensor, lengths: Tensor) -> Tensor:
        """Return which vector of position each of the ``places`` has, where there are any."""
        return places if self.positions is None else self.positions.numbers(places, lengths)


def is_item(items: Tensor, like: Tensor) -> Tensor:
    """Return [B, L, 1], 1 where ``items`` ([B, L]) is not PAD, else 0, in the type of ``like``."""
    return (items != PAD).unsqueeze(-1).to(like.dtype)
