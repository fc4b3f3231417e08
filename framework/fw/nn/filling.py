"""Sizes that matrix products like."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

# Products of other sizes run at less than half the rate on CPUs.
MULTIPLE = 16


def fill(values: Tensor, axes: int = 1) -> Tensor:
    """Add zeros up to a multiple of 16 along each of the last ``axes`` axes.

    Zeros in the width that a product sums over do not change it.
    """
    sizes = values.shape[::-1][:axes]
    return pad(values, [part for size in sizes for part in (0, -size % MULTIPLE)])
