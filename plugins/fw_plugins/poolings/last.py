"""Last pooling: the hidden state of the newest item."""

from __future__ import annotations

import attrs
from torch import Tensor

from fw import hookimpl


@attrs.frozen(kw_only=True)
class Last:
    """The newest item's hidden state, as in CL4SRec (Xie et al., ICDE 2022) and DuoRec."""

    def width(self, hidden_size: int, max_len: int) -> int:
        """Return the size of a pooled vector."""
        return hidden_size

    def __call__(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, D] of [B, L, D]; 0 for an empty row, whose first place is padding."""
        newest = (lengths - 1).clamp(min=0).view(-1, 1, 1).expand(-1, 1, hidden.shape[2])
        return hidden.gather(1, newest).squeeze(1)


@hookimpl
def register_poolings(register):
    """Offer ``last``."""
    register("last", Last)
