"""Causal pointwise attention on a CPU, part by part of the queries, its gradient written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import silu

from fw.nn.in_parts import multiply_into, parts_of, to_read, to_write
from fw.nn.packing import Packing

# SiLU of so little is zero, and so is its slope, in any precision; those of -inf are not a number.
HIDDEN = -1e4


def attend_pointwise_in_parts(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    packing: Packing,
    num_heads: int,
    biases: Sequence[Tensor],
    scale: float,
) -> Tensor:
    """Return scale SiLU(query key^T + bias) value: [T, heads * d of values].

    Queries, keys and values are [T, heads * d]. ``biases``, one for each part of the packing, are
    [w, w] or [b, w, w], the same for all heads, and at most ``HIDDEN`` where a mask hides: behind
    a query at least. The packing's own masks are not looked at.
    """
    biases = [bias.to(query.dtype) for bias in biases]
    with torch.autocast("cpu", enabled=False):  # all is in the precision of what is given
        attended: Tensor = _PointwiseInParts.apply(  # type: ignore[no-untyped-call]
            query, key, value, packing, num_heads, scale, *biases
        )
    return attended


class _PointwiseInParts(torch.autograd.Function):
    """Adds gradients where they belong, and keeps scores alone: the rest is made again."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        packing: Packing,
        num_heads: int,
        scale: float,
        *biases: Tensor,
    ) -> Tensor:
        attended, scores = value.new_empty(value.shape), list[Tensor]()
        groups = to_read((query, key, value), packing, num_heads)
        into_each = to_write((attended,), packing, num_heads)
        for group, (into,), bias in zip(groups, into_each, biases, strict=True):
            by_head = bias.repeat_interleave(num_heads, 0) if bias.dim() == 3 else bias
            for part in parts_of(bias.shape[-1]):
                scores.append(_attend(group, into, part, by_head, scale))
        ctx.save_for_backward(query, key, value, *scores)
        ctx.packing, ctx.num_heads, ctx.scale = packing, num_heads, scale
        ctx.shapes = [bias.shape for bias in biases]
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *saved = ctx.saved_tensors
        found = [each.new_empty(each.shape) for each in (query, key, value)]
        asked = ctx.needs_input_grad[6:]
        to_biases = [
            query.new_zeros(shape) if needed else None
            for shape, needed in zip(ctx.shapes, asked, strict=True)
        ]
        groups = to_read((query, key, value, gradient), ctx.packing, ctx.num_heads)
        into_each = to_write(found, ctx.packing, ctx.num_heads)
        each = iter(saved)
        for group, into, to_bias, shape in zip(
            groups, into_each, to_biases, ctx.shapes, strict=True
        ):
            # The last part first: it has all keys, so that others are added to its gradients.
            for part, scores in reversed([(span, next(each)) for span in parts_of(shape[-1])]):
                to_scores = _differentiate(group, into, part, scores, ctx.scale)
                if to_bias is not None:
                    _add_over_heads(to_bias, to_scores, part, ctx.scale)
        return *found, None, None, None, *to_biases


def _attend(
    group: Sequence[Tensor], into: Tensor, part: tuple[int, int], bias: Tensor, scale: float
) -> Tensor:
    """Write what a part of the queries of a group attends to, and return the scores."""
    start, stop = part
    query, key, value = group
    added = bias[..., start:stop, :stop]
    scores = torch.baddbmm(added, query[:, start:stop], key[:, :stop].mT)
    multiply_into(into[..., start:stop, :], silu(scores), value[:, :stop], scale)
    return scores


def _differentiate(
    group: Sequence[Tensor],
    into: Sequence[Tensor],
    part: tuple[int, int],
    scores: Tensor,
    scale: float,
) -> Tensor:
    """Write or add a part's gradients of queries, keys and values; return those of its scores.

    The last are still to be multiplied with ``scale``.
    """
    start, stop = part
    query, key, value = group[0], group[1][:, :stop], group[2][:, :stop]
    queries, own = query[:, start:stop], group[3][:, start:stop]
    to_weights = torch.bmm(own, value.mT)
    to_scores: Tensor = torch.ops.aten.silu_backward(to_weights, scores)
    to_query, to_key, to_value = into
    others = stop < query.shape[1]
    multiply_into(to_query[..., start:stop, :], to_scores, key, scale)
    multiply_into(to_key[..., :stop, :], to_scores.mT, queries, scale, add=others)
    multiply_into(to_value[..., :stop, :], silu(scores).mT, own, scale, add=others)
    return to_scores


def _add_over_heads(
    to_bias: Tensor, to_scores: Tensor, part: tuple[int, int], scale: float
) -> None:
    """Write the gradient of a part's bias, which all heads share, and maybe all rows."""
    start, stop = part
    rows = to_bias.shape[0] if to_bias.dim() == 3 else 1
    added = to_scores.view(rows, -1, *to_scores.shape[1:]).sum(1)
    to_bias[..., start:stop, :stop] = added.view(to_bias[..., start:stop, :stop].shape) * scale
