"""Masks, and attention of given queries to given keys and values under them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from fw.interfaces import PAD

# On a CPU queries are taken in parts of about this many, each with the keys up to its last query:
# most of what a causal mask hides is then not computed at all. Smaller parts cost more in calls.
_PART = 64

# From weights ([B, queries, keys]) and the number of the first query to weights after dropout.
Drop = Callable[[Tensor, int], Tensor]


def causal_mask(length: int, like: Tensor) -> Tensor:
    """Return [L, L], 0 where a position may look and -inf at later ones, in the type of ``like``.

    No finite number stands in for infinity, since it would overflow in half precision. A softmax
    over a row is finite all the same: every position sees itself.
    """
    return like.new_full((length, length), -math.inf).triu_(1)


def hide_gaps(mask: Tensor, items: Tensor) -> Tensor:
    """Return the causal mask ([L, L]) that also hides PAD between ``items`` ([B, L]): [B, L, L].

    A position that holds PAD still sees itself, so that no row is hidden as a whole.
    """
    others = ~torch.eye(len(mask), dtype=torch.bool, device=mask.device)
    return torch.where((items == PAD).unsqueeze(1) & others, -math.inf, mask)


def hide_padding(items: Tensor, like: Tensor) -> Tensor:
    """Return [B, 1, L], -inf where ``items`` ([B, L]) are PAD: hidden from every position.

    In a row of PAD alone nothing is hidden, so that no softmax is over nothing.
    """
    padding = items == PAD
    hidden = padding & ~padding.all(1, keepdim=True)
    return like.new_zeros(items.shape).masked_fill(hidden, -math.inf).unsqueeze(1)


def take(values: Tensor, places: Tensor) -> Tensor:
    """Return what stands at one place of each row ([B]) of [B, L, ...]: [B, 1, ...]."""
    return values[torch.arange(values.shape[0], device=values.device), places].unsqueeze(1)


def take_queries(mask: Tensor, places: Tensor) -> Tensor:
    """Return what one place of each row ([B]) sees, [B, 1, L], of a mask of :func:`attend`."""
    if mask.dim() == 2:
        return mask[places].unsqueeze(1)
    return mask if mask.shape[1] == 1 else take(mask, places)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor,
    drop: Drop | None,
    *,
    causal: bool = True,
) -> Tensor:
    """Return softmax(query key^T + mask) value; all three are [B, L, D], queries already scaled.

    A causal ``mask`` is [L, L] if it is that alone, else [B, L, L]. One that is not is [B, 1, L],
    the same for all queries, or [L, L], and hides nothing. There may also be fewer queries than
    keys, any Q of them; the mask is then [B, Q, L] or [B, 1, L].
    """
    # An exported graph serves any length: it has no number of parts.
    if torch.compiler.is_exporting() or query.shape[1] < key.shape[1]:
        return _attend_at_once(query, key, value, mask, drop, 0)
    if causal and query.device.type == "cpu":
        return attend_in_parts(query, key, value, mask, drop)
    if drop is None:
        return attend_fused(query, key, value, mask, causal=causal)
    return _attend_at_once(query, key, value, mask, drop, 0)


def attend_in_parts(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, drop: Drop | None
) -> Tensor:
    """Attend part by part of the queries, which saves a third of the work where L is large."""
    attended, length = [], query.shape[1]
    start = 0
    for part in query.chunk(max(1, round(length / _PART)), 1):
        end = start + part.shape[1]
        # No slice where all is wanted: its gradient would be copied into zeros.
        keys, values = (key, value) if end == length else (key[:, :end], value[:, :end])
        hiding = mask[..., start:end, :end]
        attended.append(_attend_at_once(part, keys, values, hiding, drop, start))
        start = end
    return torch.cat(attended, 1)


def attend_fused(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, *, causal: bool = True
) -> Tensor:
    """Attend by torch's fused kernel, which has no dropout by address."""
    plain = mask.dim() == 2
    attended = scaled_dot_product_attention(
        query.unsqueeze(1),  # the kernels want an axis of heads
        key.unsqueeze(1),
        value.unsqueeze(1),
        attn_mask=None if plain else mask.unsqueeze(1),
        is_causal=plain and causal,
        scale=1.0,
    )
    return attended.squeeze(1)


def _attend_at_once(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, drop: Drop | None, start: int
) -> Tensor:
    weights = torch.baddbmm(mask, query, key.mT).softmax(-1)
    return torch.bmm(weights if drop is None else drop(weights, start), value)
