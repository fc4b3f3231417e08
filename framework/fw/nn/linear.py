"""A linear map whose gradient and bias do not cost more than its matrix products must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

from fw.nn.written_out import is_written_out

# The gradient of the weights adds up over all rows. A CPU multiplies [D, N] with [N, D] one and a
# half times as fast when the long axis is cut into parts of about this many rows, multiplied as a
# batch; an even number of them, so that two threads have the same to do.
_ROWS = 2048


class Linear(nn.Linear):
    """x W^T + b over the last axis, as torch's, to rounding.

    On a CPU the bias is added afterwards: given to the product, it is first copied to every row.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Map [..., in] to [..., out]."""
        (mapped,) = mapped_by_each(values, [self])
        return mapped


def mapped_by_each(values: Tensor, maps: Sequence[Linear]) -> Sequence[Tensor]:
    """Map [..., in] by each of some maps that all have a bias, or that all have none.

    On a CPU the gradients of ``values`` are added up by the products themselves.
    """
    if not is_written_out(values):
        return [linear(values, each.weight, each.bias) for each in maps]
    biases = [each.bias for each in maps if each.bias is not None]
    given = (values, len(maps), *(each.weight for each in maps), *biases)
    mapped: Sequence[Tensor] = _Linears.apply(*given)  # type: ignore[no-untyped-call]
    return mapped


class _Linears(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, number: int, *given: Tensor) -> tuple[Tensor, ...]:
        weights, biases = given[:number], given[number:]
        ctx.save_for_backward(values, *weights)
        ctx.has_bias = bool(biases)
        mapped = [linear(values, weight) for weight in weights]
        for each, bias in zip(mapped, biases, strict=False):
            each.add_(bias)
        return tuple(mapped)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        values, *weights = ctx.saved_tensors
        rows = [g.reshape(-1, len(w)) for g, w in zip(gradients, weights, strict=True)]
        flat = values.reshape(-1, values.shape[-1])
        to_values = _to_values(rows, weights).view_as(values) if ctx.needs_input_grad[0] else None
        to_weights = [over_rows(each, flat) for each in rows]
        to_biases = [r.new_ones(len(r)) @ r for r in rows] if ctx.has_bias else []
        return to_values, None, *to_weights, *to_biases


def _to_values(rows: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """Add up rows ([N, out]) times their weights ([out, in]): [N, in]."""
    total = rows[0] @ weights[0]
    for each, weight in zip(rows[1:], weights[1:], strict=True):
        total.addmm_(each, weight)
    return total


def over_rows(left: Tensor, right: Tensor) -> Tensor:
    """Return left^T right of [N, A] and [N, B]: [A, B], where N is much larger than both."""
    parts = 2 * round(len(left) / (2 * _ROWS))
    if parts < 2:
        return left.T @ right
    size = len(left) // parts
    whole = parts * size
    first, second = (each[:whole].view(parts, size, -1) for each in (left, right))
    return torch.addmm(torch.bmm(first.mT, second).sum(0), left[whole:].T, right[whole:])
