"""Heads of attention as rows of their own."""

from __future__ import annotations

from torch import Tensor


def split_heads(values: Tensor, num_heads: int) -> Tensor:
    """Bring [B, L, D] to [B * heads, L, D / heads]."""
    if num_heads == 1:
        return values
    return by_head(values, num_heads).flatten(0, 1)


def join_heads(values: Tensor, num_heads: int) -> Tensor:
    """Bring [B * heads, L, D / heads] back to [B, L, D]."""
    if num_heads == 1:
        return values
    return values.view(-1, num_heads, *values.shape[1:]).transpose(1, 2).flatten(2)


def by_head(values: Tensor, num_heads: int) -> Tensor:
    """Return a view of [B, L, D] as [B, heads, L, D / heads]."""
    rows, length, _ = values.shape
    return values.view(rows, length, num_heads, -1).transpose(1, 2)
