"""Causal attention on a CPU, part by part of the queries, with its gradient written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from fw.nn.attending import scale_of
from fw.nn.in_parts import multiply_into, parts_of, to_read, to_write
from fw.nn.packing import Packing


def attend_in_parts(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    packing: Packing,
    num_heads: int,
    kept: Sequence[Tensor] = (),
    scale: float = 1.0,
) -> Tensor:
    """Return softmax(query key^T / sqrt(d) + mask) after dropout, times value: [T, D].

    All three are [T, D], d of each head. The packing's masks are causal, [w, w] or [b, w, w].
    ``kept`` is 1 where a weight of a part ([b * heads, queries, keys]) is kept and then multiplied
    with ``scale``, else 0; there is none without dropout.
    """
    masks = [mask.to(query.dtype) for mask in packing.masks]
    scale = scale if kept else 1.0
    given = (query, key, value, packing._replace(masks=masks), num_heads, scale, *kept)
    with torch.autocast("cpu", enabled=False):  # all is in the precision of what is given
        attended: Tensor = _AttentionInParts.apply(*given)  # type: ignore[no-untyped-call]
    return attended


class _AttentionInParts(torch.autograd.Function):
    """Adds the gradients of keys and values where they belong, and keeps little for them.

    Autograd would copy those of every part into zeros of full length and add these up. Of the
    weights' dropout bytes are kept: what waits here is memory, not arithmetic.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        packing: Packing,
        num_heads: int,
        scale: float,
        *kept: Tensor,
    ) -> Tensor:
        attended, weights, given = torch.empty_like(query), list[Tensor](), iter(kept)
        groups = to_read((query, key, value), packing, num_heads)
        into_each = to_write((attended,), packing, num_heads)
        for group, (into,), mask in zip(groups, into_each, packing.masks, strict=True):
            hiding = mask.repeat_interleave(num_heads, 0) if mask.dim() == 3 else mask
            for part in parts_of(into.shape[-2]):
                drop = next(given) if kept else None
                weights.append(_attend(group, into, part, hiding, drop, scale))
        ctx.save_for_backward(query, key, value, *weights, *kept)
        ctx.packing, ctx.num_heads, ctx.scale = packing, num_heads, scale
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *saved = ctx.saved_tensors
        found = [torch.empty_like(query) for _ in range(3)]
        given, packing, num_heads = (query, key, value, gradient), ctx.packing, ctx.num_heads
        groups = to_read(given, packing, num_heads)
        into_each = to_write(found, packing, num_heads)
        parts = [parts_of(width) for _, width in packing.shapes]
        number = sum(map(len, parts))
        weights, kept = saved[:number], saved[number:]
        each = iter(zip(weights, kept or [None] * number, strict=True))
        for group, into, spans in zip(groups, into_each, parts, strict=True):
            # The last part first: it has all keys, so that others are added to its gradients.
            for part, (shares, drop) in reversed([(span, next(each)) for span in spans]):
                _differentiate(group, into, part, shares, drop, ctx.scale)
        return *found, None, None, None, *(None for _ in kept)


def _attend(
    group: Sequence[Tensor],
    into: Tensor,
    part: tuple[int, int],
    mask: Tensor,
    kept: Tensor | None,
    kept_scale: float,
) -> Tensor:
    """Write what a part of the queries of a group attends to, and return the weights."""
    start, stop = part
    query, key, value = group
    hiding = mask[..., start:stop, :stop]
    scores = torch.baddbmm(hiding, query[:, start:stop], key[:, :stop].mT, alpha=scale_of(query))
    weights = scores.softmax(-1)
    dropped = weights if kept is None else kept.to(weights.dtype).mul_(weights)
    multiply_into(into[..., start:stop, :], dropped, value[:, :stop], kept_scale)
    return weights


def _differentiate(
    group: Sequence[Tensor],
    into: Sequence[Tensor],
    part: tuple[int, int],
    weights: Tensor,
    kept: Tensor | None,
    kept_scale: float,
) -> None:
    """Write or add a part's gradients of the queries, keys and values of a group."""
    start, stop = part
    query, key, value = group[0], group[1][:, :stop], group[2][:, :stop]
    queries, own = query[:, start:stop], group[3][:, start:stop]
    to_weights, dropped = torch.bmm(own, value.mT), weights
    if kept is not None:
        factors = kept.to(weights.dtype)
        to_weights.mul_(factors)
        dropped = factors.mul_(weights)
    to_scores = torch.ops.aten._softmax_backward_data(to_weights, weights, -1, weights.dtype)
    to_query, to_key, to_value = into
    others, scale = stop < query.shape[1], scale_of(query) * kept_scale
    multiply_into(to_query[..., start:stop, :], to_scores, key, scale)
    multiply_into(to_key[..., :stop, :], to_scores.mT, queries, scale, add=others)
    multiply_into(to_value[..., :stop, :], dropped.mT, own, kept_scale, add=others)
