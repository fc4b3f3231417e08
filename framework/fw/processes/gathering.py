"""Rows of all processes in one tensor, and their gradients back to where they came from."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def gather_rows(own: Tensor, total: int) -> Tensor:
    """Return [total, ...] rows of [b, ...] in each process, dealt out in turn: row i is of i % W.

    A process that has a row less than others, or stands in with one that is not its own, says
    nothing at that place. Gradients of all processes add up.
    """
    number = dist.get_world_size()
    missing = -(-total // number) - len(own)
    if missing:
        own = torch.cat([own, own.new_zeros(missing, *own.shape[1:])])
    found: Tensor = _Gather.apply(own)  # type: ignore[no-untyped-call]
    return found.transpose(0, 1).flatten(0, 1)[:total]


class _Gather(torch.autograd.Function):
    """[m, ...] of each process to [W, m, ...] in all of them.

    By public collectives alone: torch's own ``distributed.nn.functional.all_gather`` is deprecated,
    and what it refers to is private.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        found = own.new_empty(dist.get_world_size(), *own.shape)
        dist.all_gather(list(found.unbind(0)), own.contiguous())
        return found

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous().clone()  # what is given must not be written to
        dist.all_reduce(summed)
        return summed[dist.get_rank()]
