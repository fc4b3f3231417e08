"""Scores of positions against many items of their own, without holding all these items' rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Positions are taken in parts whose rows have about so many numbers: a CPU's cache holds them.
_NUMBERS = 2**19
# With fewer items a position, products one by one are as fast.
FEWEST = 4


def scores_of_own(hidden: Tensor, table: Tensor, ids: Tensor) -> Tensor:
    """Return the inner products of [P, D] with the rows of [V, D] that [P, K] names: [P, K].

    The gradient gathers the rows once more, and adds theirs up part by part: in memory is one part,
    not P * K * D numbers several times over.
    """
    scores: Tensor = _Scores.apply(hidden, table, ids)  # type: ignore[no-untyped-call]
    return scores


class _Scores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, table: Tensor, ids: Tensor) -> Tensor:
        ctx.save_for_backward(hidden, table, ids)
        scores = hidden.new_empty(ids.shape)
        for part in _parts(hidden, ids):
            rows = rows_of(table, ids[part])
            torch.bmm(rows, hidden[part].unsqueeze(2), out=scores[part].unsqueeze(2))
        return scores

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        hidden, table, ids = ctx.saved_tensors
        to_hidden, to_table = torch.empty_like(hidden), torch.zeros_like(table)
        for part in _parts(hidden, ids):
            rows, own = rows_of(table, ids[part]), gradient[part]
            torch.bmm(own.unsqueeze(1), rows, out=to_hidden[part].unsqueeze(1))
            torch.mul(own.unsqueeze(2), hidden[part].unsqueeze(1), out=rows)
            to_table.index_add_(0, ids[part].flatten(), rows.flatten(0, 1))
        return to_hidden, to_table, None


def _parts(hidden: Tensor, ids: Tensor) -> Iterator[slice]:
    size = max(_NUMBERS // (ids.shape[1] * hidden.shape[1]), 1)
    for start in range(0, len(ids), size):
        yield slice(start, start + size)


def rows_of(table: Tensor, ids: Tensor) -> Tensor:
    """Return the rows of [V, D] that ``ids`` (any shape) name: [..., D]."""
    return table.index_select(0, ids.flatten()).view(*ids.shape, table.shape[1])
