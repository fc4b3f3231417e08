"""A linear map whose gradient and bias do not cost more than its matrix products must."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

from fw.nn.written_out import is_written_out

# The gradient of the weights adds up over all rows. A CPU multiplies [D, N] with [N, D] one and a
# half times as fast when the long axis is cut into parts of about this many rows, multiplied as a
# batch.
_ROWS = 2048


class Linear(nn.Linear):
    """x W^T + b over the last axis, as torch's, to rounding.

    On a CPU the bias is added afterwards: given to the product, it is first copied to every row.
    """

    def forward(self, values: Tensor) -> Tensor:
        """Map [..., in] to [..., out]."""
        if not is_written_out(values):
            return super().forward(values)
        mapped: Tensor = _Linear.apply(values, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return mapped


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(values, weight)
        ctx.has_bias = bias is not None
        mapped = linear(values, weight)
        return mapped if bias is None else mapped.add_(bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight = ctx.saved_tensors
        rows = gradient.reshape(-1, len(weight))
        to_values = gradient @ weight if ctx.needs_input_grad[0] else None
        to_weight = over_rows(rows, values.reshape(-1, weight.shape[1]))
        to_bias = rows.new_ones(len(rows)) @ rows if ctx.has_bias else None
        return to_values, to_weight, to_bias


def over_rows(left: Tensor, right: Tensor) -> Tensor:
    """Return left^T right of [N, A] and [N, B]: [A, B], where N is much larger than both."""
    parts = len(left) // _ROWS
    if parts < 2:
        return left.T @ right
    size = len(left) // parts
    whole = parts * size
    first, second = (each[:whole].view(parts, size, -1) for each in (left, right))
    return torch.addmm(torch.bmm(first.mT, second).sum(0), left[whole:].T, right[whole:])
