"""Draws in proportion to weights: by address, exact, and without rejection.

One random number and one or two binary searches give an item. Weights are integers, so that masses
add up exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fw.interfaces import Batch, Info, Negatives
from fw.random import Rng

# What integer weights add up to, nearly: below 2^31, which is as fine as a draw can be.
_TOTAL = 2**30


def integer_weights(weights: Tensor) -> Tensor:
    """Return ``weights`` ([N + 2], at least 0) as int64, in proportion, with a sum of about 2^30.

    What has a weight keeps at least 1; PAD and the mask token get none.
    """
    weights = weights.double().clone()
    weights[[0, -1]] = 0
    scaled = (weights * (_TOTAL / weights.sum())).round().to(torch.int64)
    return torch.where(weights > 0, scaled.clamp(min=1), 0)


def popularity_weights(info: Info, exponent: float) -> Tensor:
    """Return training interactions to the power of ``exponent`` as integer weights, [N + 2].

    With exponent 0 all items are alike, those that nobody has had too.
    """
    return integer_weights(info.item_counts.double() ** exponent)


class Everywhere(nn.Module):
    """Draws items in proportion to integer weights ([N + 2])."""

    weights: Tensor  # [N + 2] int64
    ends: Tensor  # [N + 2] int64: weights up to and with each item

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.register_buffer("weights", weights, persistent=False)
        self.register_buffer("ends", weights.cumsum(0), persistent=False)
        self.total = int(weights.sum())

    def draw(self, shape: tuple[int, ...], rng: Rng) -> Tensor:
        """Draw items, [*shape], whose first size is the rows' of ``rng``."""
        return self.at(rng.integers(shape, self.total))

    def at(self, masses: Tensor) -> Tensor:
        """Return the items before whose end these masses (0 .. total - 1) lie."""
        return torch.searchsorted(self.ends, masses, right=True)

    def log_probability(self, items: Tensor) -> Tensor:
        """Return the log of the probability of drawing each of ``items``, float32."""
        return log_ratio(self.weights[items], torch.full_like(items, self.total))


class OutsideHistory(nn.Module):
    """Draws items in proportion to integer weights, outside each row's training items.

    With a row's items s[0] < s[1] < ..., the weight before item i being W(i) and that of s[0] to
    s[j - 1] together V(j), a mass m of what is left is the mass m + V(count(W(s[j]) - V(j) <= m))
    of all items.
    """

    keys: Tensor  # [S] int64: row * (total + 1) + W(s[j]) - V(j), sorted
    removed: Tensor  # [S + 1] int64: weights of all rows' training items before each
    starts: Tensor  # [U] int64: where a row's keys begin
    free: Tensor  # [U] int64: the weight of what a row has not had

    def __init__(self, weights: Tensor, info: Info) -> None:
        super().__init__()
        self.everywhere = Everywhere(weights)
        rows, items = info.training.distinct_items()
        counts = torch.bincount(rows, minlength=info.num_users)
        starts = counts.cumsum(0) - counts
        removed = torch.cat([torch.zeros(1, dtype=torch.int64), weights[items].cumsum(0)])
        before = self.everywhere.ends[items] - weights[items]
        keys = self._stride * rows + before - (removed[:-1] - removed[starts[rows]])
        free = self.everywhere.total - (removed[starts + counts] - removed[starts])
        for name, values in {"keys": keys, "removed": removed, "starts": starts}.items():
            self.register_buffer(name, values, persistent=False)
        self.register_buffer("free", free, persistent=False)
        warn_of_full_rows(info, free)

    @property
    def _stride(self) -> int:
        return self.everywhere.total + 1

    def draw(self, rows: Tensor, shape: tuple[int, ...], rng: Rng) -> Tensor:
        """Draw items, [*shape], the first size being the rows' ([B]); any where nothing is left."""
        column = (-1, *(1 for _ in shape[1:]))
        starts = self.starts[rows].view(column)
        masses = rng.integers(shape, self.free[rows].clamp(min=1).view(column))
        query = (rows * self._stride).view(column) + masses
        passed = torch.searchsorted(self.keys, query, right=True)
        masses = masses + self.removed[passed] - self.removed[starts]
        return self.everywhere.at(masses.clamp(max=self.everywhere.total - 1))

    def negatives(self, batch: Batch, number: int, rng: Rng) -> Negatives:
        """Draw ``number`` negatives for each target; collisions only where nothing is left."""
        rows, targets = batch.targets.rows, batch.targets.items
        shape = (*targets.shape, number)
        items = self.draw(rows, shape, rng)
        return Negatives(
            items,
            self.log_probability(rows, items),
            (self.free[rows] == 0).view(-1, 1, 1).expand(shape),
            self.log_probability(rows, targets),
        )

    def log_probability(self, rows: Tensor, items: Tensor) -> Tensor:
        """Return the log of the probability with which a row ([B]) draws ``items`` ([B, ...]).

        For what the row has had, that which it would be in proportion to the others.
        """
        column = (-1, *(1 for _ in items.shape[1:]))
        return log_ratio(self.everywhere.weights[items], self.free[rows].clamp(min=1).view(column))


def log_ratio(part: Tensor, total: Tensor) -> Tensor:
    """Return log(part / total) in float32: not every device has float64."""
    return (part.float() / total.float()).log()


def warn_of_full_rows(info: Info, free: Tensor) -> None:
    """Say which rows ([U], what each has not had) have nothing left to be drawn."""
    full = free == 0
    if bool(full.any()):
        info.warn(
            f"{int(full.sum())} users have had every item, so there is nothing to draw against "
            f"them: {info.name_users(full)}; they are left out of losses with negatives"
        )
