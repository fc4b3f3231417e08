"""Scaling the gradients of a step down together, those that name rows alone among them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def clip_gradients(weights: Sequence[Tensor], most: float) -> None:
    """Scale gradients by the smaller of 1 and ``most`` / their common norm, on the device.

    As torch does it, which knows no gradients that name rows alone.
    """
    by_rows = [weight for weight in weights if weight.grad is not None and weight.grad.is_sparse]
    if not by_rows:
        nn.utils.clip_grad_norm_(weights, most)
        return
    for weight in by_rows:
        weight.grad = weight.grad.coalesce()  # type: ignore[union-attr]  # a row twice has one norm
    values = [_values(weight.grad) for weight in weights if weight.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(v) for v in values]))
    factor = (most / (norm + 1e-6)).clamp(max=1.0)
    for each in values:
        each.mul_(factor)


def _values(gradient: Tensor) -> Tensor:
    return gradient.values() if gradient.is_sparse else gradient
