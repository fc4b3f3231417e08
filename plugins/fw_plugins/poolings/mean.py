"""Mean pooling: the mean hidden state of a row's items."""

from __future__ import annotations

import attrs
from torch import Tensor

from fw import hookimpl


@attrs.frozen(kw_only=True)
class Mean:
    """The mean over the places that hold an item; see ``mean_all`` for that of research code."""

    def width(self, hidden_size: int, max_len: int) -> int:
        """Return the size of a pooled vector."""
        return hidden_size

    def __call__(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, D] of [B, L, D], which is 0 at padding; 0 for an empty row."""
        return hidden.sum(1) / lengths.clamp(min=1)[:, None]


@hookimpl
def register_poolings(register):
    """Offer ``mean``."""
    register("mean", Mean)
