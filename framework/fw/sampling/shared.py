"""Negatives that all rows of a batch share: how they are drawn, and where they collide."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from fw.data.training import TrainingRows
from fw.interfaces import PAD, Batch, Info, Sequences
from fw.random import Rng

# What must not be a negative at a position: all training items of the row, or the target alone.
Exclude = Literal["history", "target"]


class Collisions(nn.Module):
    """Says where items that all rows share must not be used."""

    keys: Tensor  # [S] int64: row * stride + item, sorted

    def __init__(self, info: Info, exclude: Exclude) -> None:
        super().__init__()
        self.exclude, self._stride = exclude, info.num_items + 2
        rows, items = (torch.zeros(0, dtype=torch.int64),) * 2
        if exclude == "history":
            rows, items = info.training.distinct_items()
        self.register_buffer("keys", rows * self._stride + items, persistent=False)

    def forward(self, targets: Sequences, items: Tensor) -> Tensor:
        """Return [B, L, K] bool, given targets ([B, L]) and items that all share ([K]).

        The target itself and PAD always collide.
        """
        hit = (targets.items.unsqueeze(-1) == items) | (items == PAD)
        if self.exclude == "target":
            return hit
        return hit | self._had(targets.rows, items).unsqueeze(1)

    def _had(self, rows: Tensor, items: Tensor) -> Tensor:
        """Return [B, K] bool: whether a row ([B]) has an item ([K]) in its training part."""
        query = rows[:, None] * self._stride + items
        place = torch.searchsorted(self.keys, query).clamp(max=len(self.keys) - 1)
        return self.keys[place] == query


class BatchTargets(nn.Module):
    """Draws targets of a batch, each position's as likely as any other's."""

    log_shares: Tensor  # [N + 2] float32: the log of ``target_shares``

    def __init__(self, info: Info) -> None:
        super().__init__()
        shares = target_shares(info).log().float()
        self.register_buffer("log_shares", shares, persistent=False)

    def draw(self, batch: Batch, number: int, rng: Rng) -> Tensor:
        """Draw ``number`` items that the whole batch shares, [number]; PAD if it has no target."""
        targets = batch.targets.items.flatten()
        ends = (targets != PAD).cumsum(0)
        masses = shared(rng).integers((1, number), ends[-1].clamp(min=1)).squeeze(0)
        place = torch.searchsorted(ends, masses, right=True)
        return targets[place.clamp(max=len(targets) - 1)]


def shared(rng: Rng) -> Rng:
    """Return the place from which a batch draws what all its rows share: that of its first row."""
    return rng.part(0, 1)


def target_shares(info: Info) -> Tensor:
    """Return what share of all training targets each item is: [N + 2] float64, on the host.

    As the task says; where it says nothing, as where each position predicts the next item.
    """
    own = getattr(info.task, "target_counts", None)
    counts = own(info) if own else target_counts(info.training, info.max_len, info.num_items)
    return counts / counts.sum().clamp(min=1)


def target_counts(training: TrainingRows, max_len: int, num_items: int) -> Tensor:
    """Count how often each item is a target in an epoch, [N + 2], where each predicts the next.

    A row's targets are its newest ``max_len`` training items but for the oldest item of all.
    """
    numbers = (training.lengths - 1).clamp(min=0, max=max_len)
    return training.count_newest(numbers, torch.ones_like(numbers), num_items)
