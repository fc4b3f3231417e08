"""Comparing two views of a batch: similarities of all pairs, and what they say about training."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

Similarity = Literal["cosine", "dot"]
# A vector shorter than this counts as having no direction, and its gradient stays bounded.
_SHORTEST = 1e-6


def comparable(first: Tensor, second: Tensor, similarity: Similarity) -> Tensor:
    """Stack two views ([N, P] each) to [2N, P] in float32; of unit length for ``"cosine"``.

    Row i and row N + i are the two views of one sequence. A zero vector stays zero.
    """
    stacked = torch.cat([first, second]).float()
    return normalize(stacked, dim=-1, eps=_SHORTEST) if similarity == "cosine" else stacked


def logits(vectors: Tensor, temperature: float) -> Tensor:
    """Return the similarities of all pairs over the temperature: [2N, 2N] float32.

    Never in half precision, which cannot hold a dot product of long vectors.
    """
    with torch.autocast(vectors.device.type, enabled=False):
        return vectors @ vectors.T / temperature


def pairs(count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return which of all pairs of 2N views are of one sequence, and which are a view with itself.

    Both [2N, 2N] bool for ``count`` = N; the first without the second.
    """
    number = torch.arange(2 * count, device=device)
    itself = number[:, None] == number
    one = number[:, None] % count == number % count
    return one & ~itself, itself


def same_items(items: Tensor) -> Tensor:
    """Return which of all pairs of 2N views share an item, [2N, 2N] bool, given it by row ([N]).

    PAD (an empty row) is shared by nobody.
    """
    both = items.repeat(2)
    return (both[:, None] == both) & (both != 0)
