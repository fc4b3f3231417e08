"""Targets of the batch and uniform items, in one set."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn

from fw import Batch, Info, Negatives, hookimpl, validators
from fw.random import Rng
from fw.sampling.shared import BatchTargets, Collisions, Exclude, shared, target_shares


@attrs.frozen(kw_only=True)
class Mixed:
    """Mixed negative sampling (Yang et al., WWW 2020 companion): one set for the whole batch.

    Part of the set are targets of the batch (see ``in_batch``), part uniform over all items, both
    with replacement; so items that are no one's target meet losses too. The log-probability is that
    of the mixture: what any one place of the set holds, whichever part it is of. A set depends on
    who is in the batch: another batch size is another draw.
    """

    num_in_batch: int = attrs.field(
        default=128, validator=validators.at_least(1), metadata={"help": "targets in the set"}
    )
    num_uniform: int = attrs.field(
        default=128, validator=validators.at_least(1), metadata={"help": "uniform items in the set"}
    )
    exclude: Exclude = attrs.field(
        default="history", metadata={"help": "what is no negative: the row's items, or the target"}
    )

    def build(self, info: Info) -> MixedSampler:
        """Count targets, and sort every row's training items."""
        return MixedSampler(self, info)


class MixedSampler(nn.Module):
    """Draws one set a batch from two sources."""

    log_probability: Tensor  # [N + 2] float32

    def __init__(self, settings: Mixed, info: Info) -> None:
        super().__init__()
        self.num_in_batch, self.num_uniform = settings.num_in_batch, settings.num_uniform
        self.num_items = info.num_items
        self.targets = BatchTargets(info)
        self.collisions = Collisions(info, settings.exclude)
        parts = self.num_in_batch * target_shares(info) + self.num_uniform / info.num_items
        probability = parts / (self.num_in_batch + self.num_uniform)
        self.register_buffer("log_probability", probability.log().float(), persistent=False)

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [K] items for all rows, K being the sum of both numbers."""
        place = shared(rng.child("uniform"))
        uniform = place.integers((1, self.num_uniform), self.num_items).squeeze(0) + 1
        targets = self.targets.draw(batch, self.num_in_batch, rng.child("in_batch"))
        items = torch.cat([targets, uniform])
        return Negatives(
            items,
            self.log_probability[items],
            self.collisions(batch.targets, items),
            self.log_probability[batch.targets.items],
        )


@hookimpl
def register_samplers(register):
    """Offer ``mixed``."""
    register("mixed", Mixed)
