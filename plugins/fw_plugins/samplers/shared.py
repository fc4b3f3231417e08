"""One set of negatives for all positions of a batch."""

from __future__ import annotations

import attrs
from torch import nn

from fw import Batch, Info, Negatives, hookimpl, validators
from fw.random import Rng
from fw.sampling.shared import Collisions, Exclude, shared
from fw.sampling.weighted import Everywhere, popularity_weights


@attrs.frozen(kw_only=True)
class Shared:
    """One set for the whole batch: all scores are one matrix product, so hundreds are affordable.

    Drawn with replacement, in proportion to training interactions to the power of ``exponent``; 0
    is uniform. Unlike other samplers' negatives, a set depends on who is in the batch: another
    batch size is another draw.
    """

    num_negatives: int = attrs.field(
        default=256, validator=validators.at_least(1), metadata={"help": "negatives in the set"}
    )
    exponent: float = attrs.field(
        default=0.0, validator=validators.at_least(0), metadata={"help": "power of the counts"}
    )
    exclude: Exclude = attrs.field(
        default="history", metadata={"help": "what is no negative: the row's items, or the target"}
    )

    def build(self, info: Info) -> SharedSampler:
        """Turn counts into weights, and sort every row's training items."""
        return SharedSampler(self, info)


class SharedSampler(nn.Module):
    """Draws one set a batch."""

    def __init__(self, settings: Shared, info: Info) -> None:
        super().__init__()
        self.num_negatives = settings.num_negatives
        self.everywhere = Everywhere(popularity_weights(info, settings.exponent))
        self.collisions = Collisions(info, settings.exclude)

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [K] items for all rows."""
        items = self.everywhere.draw((1, self.num_negatives), shared(rng)).squeeze(0)
        log_probability = self.everywhere.log_probability
        return Negatives(
            items,
            log_probability(items),
            self.collisions(batch.targets, items),
            log_probability(batch.targets.items),
        )


@hookimpl
def register_samplers(register):
    """Offer ``shared``."""
    register("shared", Shared)
