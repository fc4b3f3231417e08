"""Attention cut into parts of the queries: which they are, and how parts are read and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from fw.nn.heads import by_head, split_heads
from fw.nn.packing import Packing

# Queries are taken in parts of about this many, each with the keys up to its last query: most of
# what a causal mask hides is then not computed at all. Smaller parts cost more in calls.
_PART = 64


def parts_of(length: int) -> list[tuple[int, int]]:
    """Return the first query of each part, and the one after its last."""
    size = -(-length // max(1, round(length / _PART)))
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def multiply_into(
    into: Tensor, left: Tensor, right: Tensor, scale: float, *, add: bool = False
) -> None:
    """Write scale left right ([b * heads, w, d]) into a group's view, or add it to that.

    A product that is to write between the rows of another tensor by itself goes row by row.
    """
    if into.dim() == 3 and into.is_contiguous() and not add:
        torch.baddbmm(into, left, right, beta=0, alpha=scale, out=into)
        return
    product = torch.bmm(left, right).view(into.shape)
    if add:
        into.add_(product, alpha=scale)
    else:
        torch.mul(product, scale, out=into)


def to_read(
    values: Sequence[Tensor], packing: Packing, num_heads: int
) -> Iterator[tuple[Tensor, ...]]:
    """Yield all values ([T, D] each) as [b * heads, w, d], group by group; of one head as views."""
    for group in zip(*(packing.cut(each.contiguous()) for each in values), strict=True):
        yield tuple(split_heads(each, num_heads) for each in group)


def to_write(
    values: Sequence[Tensor], packing: Packing, num_heads: int
) -> Iterator[tuple[Tensor, ...]]:
    """Yield views of all values ([T, D] each): [b, w, D] of one head, else [b, heads, w, d]."""
    for group in zip(*map(packing.cut, values), strict=True):
        yield group if num_heads == 1 else tuple(by_head(each, num_heads) for each in group)
