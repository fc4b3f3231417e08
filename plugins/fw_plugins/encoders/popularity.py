"""Popularity: every history is answered with what is had most."""

from __future__ import annotations

from typing import ClassVar

import attrs
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl
from fw.interfaces import PAD
from fw.nn.items import ItemTable


@attrs.frozen(kw_only=True)
class Popularity:
    """Scores every item by how often it occurs in training, repeats counted, whatever the history.

    A baseline without anything to train: a state is the number 1, and the item table holds the
    counts. A recipe with it has ``epochs = 0``.
    """

    causal: ClassVar[bool] = True
    trainable: ClassVar[bool] = False

    def build(self, info: Info) -> PopularityEncoder:
        """Make a table of the counts."""
        return PopularityEncoder(info.item_counts)


class PopularityEncoder(nn.Module):
    """States of width 1 that are all the same."""

    causal = True
    trainable = False
    hidden_size = 1

    def __init__(self, item_counts: Tensor) -> None:
        super().__init__()
        counts = item_counts.float()[:, None]
        self.items = ItemTable(len(counts) - 2, 1, lambda table: table.copy_(counts))
        self.requires_grad_(False)

    def forward(self, sequences: Sequences, rng: object = None) -> Tensor:
        """Return [B, L, 1], 0 at padding."""
        return (sequences.items != PAD).unsqueeze(-1).to(self.items.weight.dtype)


@hookimpl
def register_encoders(register):
    """Offer ``popularity``."""
    register("popularity", Popularity)
