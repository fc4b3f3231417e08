"""Flatten pooling: all hidden states of a row, one after the other."""

from __future__ import annotations

from typing import Literal

import attrs
import torch
from torch import Tensor
from torch.nn.functional import pad

from fw import Info, hookimpl


@attrs.frozen(kw_only=True)
class Flatten:
    """The hidden states of ``max_len`` places in one vector, as CL4SRec-pytorch and CoSeRec do.

    Places without an item are 0. ``align = "left"`` puts the oldest item into the first place, as
    CL4SRec-pytorch does; ``"right"`` the newest into the last, as CoSeRec and ICLRec do. Place is
    compared with place: an augmenter that moves items makes views unlike. A vector has
    ``max_len * hidden_size`` numbers (10,000 for 200 items of 50), and so much memory a row.
    """

    align: Literal["left", "right"] = attrs.field(
        default="left", metadata={"help": "where a row shorter than max_len stands"}
    )

    def build(self, info: Info) -> FlattenPlaces:
        """Take the number of places."""
        return FlattenPlaces(info.max_len, self.align == "right")


@attrs.frozen
class FlattenPlaces:
    """Lays rows out over ``max_len`` places."""

    max_len: int
    to_the_right: bool

    def width(self, hidden_size: int, max_len: int) -> int:
        """Return the size of a pooled vector."""
        return max_len * hidden_size

    def __call__(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, max_len * D] of [B, L, D], which is 0 at padding."""
        hidden = pad(hidden, (0, 0, 0, self.max_len - hidden.shape[1]))
        if self.to_the_right:
            hidden = self._moved(hidden, lengths)
        return hidden.flatten(1)

    def _moved(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Turn each row in a circle, so that its padding at the end comes to the front."""
        places = torch.arange(self.max_len, device=hidden.device) + lengths[:, None]
        places = (places % self.max_len)[:, :, None].expand_as(hidden)
        return hidden.gather(1, places)


@hookimpl
def register_poolings(register):
    """Offer ``flatten``."""
    register("flatten", Flatten)
