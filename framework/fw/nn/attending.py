"""Masks, and attention of given queries to given keys and values under them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from fw.interfaces import PAD

# From the shape of weights ([B, queries, keys]) and their type to the factors of dropout.
Drop = Callable[[torch.Size, torch.dtype], Tensor]


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


def scale_of(query: Tensor) -> float:
    """Return 1 / sqrt(D) for queries of D numbers; a product takes it as a factor at no cost."""
    return 1 / math.sqrt(query.shape[-1])


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
    """Return softmax(query key^T / sqrt(D) + mask) value; all three are [B, L, D].

    A causal ``mask`` is [L, L] if it is that alone, else [B, L, L]. One that is not is [B, 1, L],
    the same for all queries, or [L, L], and hides nothing. There may also be fewer queries than
    keys, any Q of them; the mask is then [B, Q, L] or [B, 1, L].
    """
    at_once = drop is not None or query.shape[1] < key.shape[1] or torch.compiler.is_exporting()
    if at_once:
        return attend_at_once(query, key, value, mask, drop)
    return attend_fused(query, key, value, mask, causal=causal)


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
    )
    return attended.squeeze(1)


def attend_at_once(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, drop: Drop | None
) -> Tensor:
    """Attend with all weights at hand."""
    weights = torch.baddbmm(mask, query, key.mT, alpha=scale_of(query)).softmax(-1)
    if drop is not None:
        weights = weights * drop(weights.shape, weights.dtype)
    return torch.bmm(weights, value)
