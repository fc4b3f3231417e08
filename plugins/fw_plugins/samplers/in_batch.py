"""Negatives that are other positions' targets."""

from __future__ import annotations

import attrs
from torch import nn

from fw import Batch, Info, Negatives, hookimpl, validators
from fw.random import Rng
from fw.sampling.shared import BatchTargets, Collisions, Exclude


@attrs.frozen(kw_only=True)
class InBatch:
    """Targets of the batch, drawn with replacement, one set for all its positions.

    As in two-tower retrieval (Yi et al., RecSys 2019): popular items are drawn more often, which
    ``sampled_softmax`` corrects by the log-probability. That is an item's share of all targets in
    training: what a position drawn from a random batch holds, not what this batch does. A set
    depends on who is in the batch: another batch size is another draw.
    """

    num_negatives: int = attrs.field(
        default=256, validator=validators.at_least(1), metadata={"help": "negatives in the set"}
    )
    exclude: Exclude = attrs.field(
        default="history", metadata={"help": "what is no negative: the row's items, or the target"}
    )

    def build(self, info: Info) -> InBatchSampler:
        """Count targets, and sort every row's training items."""
        return InBatchSampler(self, info)


class InBatchSampler(nn.Module):
    """Draws one set a batch from its targets."""

    def __init__(self, settings: InBatch, info: Info) -> None:
        super().__init__()
        self.num_negatives = settings.num_negatives
        self.targets = BatchTargets(info)
        self.collisions = Collisions(info, settings.exclude)

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [K] items for all rows; collisions only if the batch has no target."""
        items = self.targets.draw(batch, self.num_negatives, rng)
        return Negatives(
            items,
            self.targets.log_shares[items],
            self.collisions(batch.targets, items),
            self.targets.log_shares[batch.targets.items],
        )


@hookimpl
def register_samplers(register):
    """Offer ``in_batch``."""
    register("in_batch", InBatch)
