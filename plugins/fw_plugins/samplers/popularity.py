"""Negatives drawn in proportion to how often items were had."""

from __future__ import annotations

import attrs
from torch import Tensor, nn

from fw import Batch, Info, Negatives, hookimpl, validators
from fw.random import Rng
from fw.sampling.shared import Exclude
from fw.sampling.weighted import Everywhere, OutsideHistory, popularity_weights


@attrs.frozen(kw_only=True)
class Popularity:
    """In proportion to training interactions to a power: 1 as they are, 0 all items alike.

    0.75 is that of word2vec (Mikolov et al., NIPS 2013, section 2.2). With ``exclude = "history"``
    a row's training items are never drawn, without redrawing. With ``"target"`` they are, and only
    a position's own target collides: together with exponent 0 that is what gSASRec and sampled
    softmax take for uniform.
    """

    num_negatives: int = attrs.field(
        default=1, validator=validators.at_least(1), metadata={"help": "negatives a position"}
    )
    exponent: float = attrs.field(
        default=1.0, validator=validators.at_least(0), metadata={"help": "power of the counts"}
    )
    exclude: Exclude = attrs.field(
        default="history", metadata={"help": "what is no negative: the row's items, or the target"}
    )

    def build(self, info: Info) -> AnyItem | OtherItem:
        """Turn counts into weights, and sort every row's training items if they are excluded."""
        weights = popularity_weights(info, self.exponent)
        if self.exclude == "target":
            return AnyItem(weights, self.num_negatives)
        return OtherItem(weights, info, self.num_negatives)


class AnyItem(nn.Module):
    """Draws any item; the target collides."""

    def __init__(self, weights: Tensor, num_negatives: int) -> None:
        super().__init__()
        self.everywhere, self.num_negatives = Everywhere(weights), num_negatives

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [B, L, K] items."""
        targets = batch.targets.items
        items = self.everywhere.draw((*targets.shape, self.num_negatives), rng)
        log_probability = self.everywhere.log_probability
        hit = items == targets.unsqueeze(-1)
        return Negatives(items, log_probability(items), hit, log_probability(targets))


class OtherItem(nn.Module):
    """Draws outside each row's training items."""

    def __init__(self, weights: Tensor, info: Info, num_negatives: int) -> None:
        super().__init__()
        self.outside, self.num_negatives = OutsideHistory(weights, info), num_negatives

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [B, L, K] items; a row that has had everything gets collisions only."""
        return self.outside.negatives(batch, self.num_negatives, rng)


@hookimpl
def register_samplers(register):
    """Offer ``popularity``."""
    register("popularity", Popularity)
