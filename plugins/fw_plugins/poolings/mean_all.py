"""Mean pooling over all places, padding too."""

from __future__ import annotations

import attrs
from torch import Tensor

from fw import Info, hookimpl


@attrs.frozen(kw_only=True)
class MeanAll:
    """The sum over the row divided by ``max_len``, as CL4SRec-pytorch and ICLRec average.

    Padding counts as a hidden state of 0, so short rows get short vectors (a cosine does not see
    that). In those repositories padding has a hidden state of its own, which is averaged as well.
    """

    def build(self, info: Info) -> MeanOverPlaces:
        """Take the number of places."""
        return MeanOverPlaces(info.max_len)


@attrs.frozen
class MeanOverPlaces:
    """Divides by ``max_len``, whatever the row's length."""

    max_len: int

    def width(self, hidden_size: int, max_len: int) -> int:
        """Return the size of a pooled vector."""
        return hidden_size

    def __call__(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Return [B, D] of [B, L, D], which is 0 at padding."""
        return hidden.sum(1) / self.max_len


@hookimpl
def register_poolings(register):
    """Offer ``mean_all``."""
    register("mean_all", MeanAll)
