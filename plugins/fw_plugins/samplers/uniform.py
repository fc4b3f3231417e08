"""Negatives drawn uniformly from what a row has not had in training."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn

from fw import Batch, Info, Negatives, hookimpl, validators
from fw.random import Rng
from fw.sampling.weighted import warn_of_full_rows


@attrs.frozen(kw_only=True)
class Uniform:
    """Uniform over the items that are not among the row's training items.

    As in SASRec (Kang and McAuley, ICDM 2018, section III-E), without redrawing: with a row's n
    distinct items sorted as s[0] < s[1] < ..., the r-th item that it has *not* had is
    r + count(s[i] - i <= r), so one draw of r and one binary search give the negative.
    """

    num_negatives: int = attrs.field(
        default=1, validator=validators.at_least(1), metadata={"help": "negatives a position"}
    )

    def build(self, info: Info) -> UniformSampler:
        """Sort every row's training items once."""
        return UniformSampler(info, self.num_negatives)


class UniformSampler(nn.Module):
    """Draws items uniformly outside each row's training items."""

    keys: Tensor  # [S] int64: row * stride + (s[i] - i), sorted
    starts: Tensor  # [U] int64: where a row's keys begin
    free: Tensor  # [U] int64: how many items a row has not had

    def __init__(self, info: Info, num_negatives: int) -> None:
        super().__init__()
        self.num_items, self.num_negatives = info.num_items, num_negatives
        rows, items = info.training.distinct_items()
        counts = torch.bincount(rows, minlength=info.num_users)
        starts = counts.cumsum(0) - counts
        place = torch.arange(len(rows)) - starts[rows]
        self.register_buffer("keys", rows * (info.num_items + 1) + items - place, persistent=False)
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("free", info.num_items - counts, persistent=False)
        warn_of_full_rows(info, self.free)

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [B, L, K] items; a row that has had everything gets collisions only."""
        rows = batch.targets.rows
        shape = (*batch.targets.items.shape, self.num_negatives)
        free = self.free[rows].view(-1, 1, 1)
        order = rng.integers(shape, free.clamp(min=1)) + 1
        query = (rows * (self.num_items + 1)).view(-1, 1, 1) + order
        had = torch.searchsorted(self.keys, query, right=True) - self.starts[rows].view(-1, 1, 1)
        items = (order + had).clamp(max=self.num_items)
        log_probability = -free.clamp(min=1).to(torch.float32).log().expand(shape)
        return Negatives(items, log_probability, (free == 0).expand(shape), log_probability[..., 0])


@hookimpl
def register_samplers(register):
    """Offer ``uniform``."""
    register("uniform", Uniform)
