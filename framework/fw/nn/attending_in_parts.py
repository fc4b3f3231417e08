"""Causal attention on a CPU, part by part of the queries, with its gradient written out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from fw.nn.attending import scale_of
from fw.nn.heads import by_head
from fw.nn.packing import Packing

# Queries are taken in parts of about this many, each with the keys up to its last query: most of
# what a causal mask hides is then not computed at all. Smaller parts cost more in calls.
_PART = 64


def parts_of(length: int) -> list[tuple[int, int]]:
    """Return the first query of each part, and the one after its last."""
    size = -(-length // max(1, round(length / _PART)))
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def attend_in_parts(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    packing: Packing,
    num_heads: int,
    factors: Sequence[Tensor],
) -> Tensor:
    """Return softmax(query key^T / sqrt(d) + mask), times factors of dropout, times value: [T, D].

    All three are [T, D], d of each head. The packing's masks are causal, [w, w] or [b, w, w].
    ``factors`` are those of each part's weights ([b * heads, queries, keys]), or none.
    """
    masks = [mask.to(query.dtype) for mask in packing.masks]
    given = (query, key, value, packing._replace(masks=masks), num_heads, *factors)
    with torch.autocast("cpu", enabled=False):  # all is in the precision of what is given
        attended: Tensor = _AttentionInParts.apply(*given)  # type: ignore[no-untyped-call]
    return attended


class _AttentionInParts(torch.autograd.Function):
    """Adds the gradients of keys and values where they belong.

    Autograd would copy those of every part into zeros of full length and add these up.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        packing: Packing,
        num_heads: int,
        *factors: Tensor,
    ) -> Tensor:
        attended, given = torch.empty_like(query), iter(factors)
        kept: list[Tensor] = []
        groups = _groups((query, key, value, attended), packing, num_heads)
        for group, mask in zip(groups, packing.masks, strict=True):
            hiding = mask.repeat_interleave(num_heads, 0) if mask.dim() == 3 else mask
            for part in parts_of(group[0].shape[2]):
                kept += _attend(group, part, hiding, next(given) if factors else None)
        ctx.save_for_backward(query, key, value, *kept, *factors)
        ctx.packing, ctx.num_heads = packing, num_heads
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *kept = ctx.saved_tensors
        found = [torch.empty_like(query) for _ in range(3)]
        given = (query, key, value, gradient.contiguous(), *found)
        parts = [parts_of(width) for _, width in ctx.packing.shapes]
        number = sum(map(len, parts))
        weights, factors = kept[: 2 * number], kept[2 * number :]
        each = iter(zip(weights[::2], weights[1::2], factors or [None] * number, strict=True))
        groups = _groups(given, ctx.packing, ctx.num_heads)
        for group, spans in zip(groups, parts, strict=True):
            # The last part first: it has all keys, so that others are added to its gradients.
            for part, saved in reversed([(span, next(each)) for span in spans]):
                _differentiate(group, part, *saved)
        return *found, None, None, *(None for _ in factors)


def _attend(
    group: Sequence[Tensor], part: tuple[int, int], mask: Tensor, factors: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Write what a part of the queries attends to into the last of a group.

    All four are [b, heads, w, d]. Returns the weights before and after dropout.
    """
    start, stop = part
    query, key, value = (each.flatten(0, 1) for each in group[:3])
    hiding = mask[..., start:stop, :stop]
    scores = torch.baddbmm(hiding, query[:, start:stop], key[:, :stop].mT, alpha=scale_of(query))
    weights = scores.softmax(-1)
    dropped = weights if factors is None else weights * factors
    _multiply(group[3][:, :, start:stop], dropped, value[:, :stop])
    return weights, dropped


def _differentiate(
    group: Sequence[Tensor],
    part: tuple[int, int],
    weights: Tensor,
    dropped: Tensor,
    factors: Tensor | None,
) -> None:
    """Write or add a part's gradients into the last three of a group ([b, heads, w, d] each)."""
    start, stop = part
    query, key, value, gradient = (each.flatten(0, 1) for each in group[:4])
    own = gradient[:, start:stop]
    to_weights = torch.bmm(own, value[:, :stop].mT)
    if factors is not None:
        to_weights.mul_(factors)
    to_scores = torch.ops.aten._softmax_backward_data(to_weights, weights, -1, weights.dtype)
    to_query, to_key, to_value = group[4][:, :, start:stop], *(g[:, :, :stop] for g in group[5:])
    others, scale = stop < query.shape[1], scale_of(query)
    _multiply(to_query, to_scores, key[:, :stop], scale)
    _multiply(to_key, to_scores.mT, query[:, start:stop], scale, add=others)
    _multiply(to_value, dropped.mT, own, add=others)


def _multiply(
    into: Tensor, left: Tensor, right: Tensor, scale: float = 1.0, *, add: bool = False
) -> None:
    """Write scale left right ([b * heads, w, d]) into [b, heads, w, d], or add it to that.

    A product that is to write between the rows of another tensor by itself goes row by row.
    """
    product = torch.bmm(left, right).view_as(into)
    if add:
        into.add_(product, alpha=scale)
    else:
        torch.mul(product, scale, out=into)


def _groups(
    values: Sequence[Tensor], packing: Packing, num_heads: int
) -> Iterator[tuple[Tensor, ...]]:
    """Yield views of all values ([T, D] each) for one part of the batch after the other."""
    for group in zip(*map(packing.cut, values), strict=True):
        yield tuple(by_head(each, num_heads) for each in group)
