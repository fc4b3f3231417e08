"""The negatives that the model itself finds most likely, among some that were drawn."""

from __future__ import annotations

import attrs
import torch
from torch import nn

from fw import Batch, Info, Negatives, StepOutput, hookimpl, validators
from fw.random import Rng
from fw.sampling.weighted import OutsideHistory, popularity_weights
from fw.scoring import negative_scores


def _at_most_candidates(settings: Hard, attribute: attrs.Attribute[int], value: int) -> None:
    validators.at_least(1)(settings, attribute, value)
    if value > settings.num_candidates:
        most = settings.num_candidates
        raise ValueError(f"num_negatives must be at most num_candidates ({most}), found {value}")


@attrs.frozen(kw_only=True)
class Hard:
    """The best of n: of ``num_candidates`` items, those that score highest at the position.

    Dynamic negative sampling (Zhang et al., SIGIR 2013, with n candidates and one negative).
    Candidates are drawn outside the row's training items, in proportion to training interactions to
    the power of ``exponent``; 0 is uniform. The log-probability is that of drawing a candidate: how
    likely it then is to be among the best hangs on all items' scores, which nobody has computed. So
    no logQ correction is exact for these.
    """

    num_candidates: int = attrs.field(
        default=10, validator=validators.at_least(1), metadata={"help": "drawn a position"}
    )
    num_negatives: int = attrs.field(
        default=1, validator=_at_most_candidates, metadata={"help": "kept a position"}
    )
    exponent: float = attrs.field(
        default=0.0, validator=validators.at_least(0), metadata={"help": "power of the counts"}
    )

    def build(self, info: Info) -> HardSampler:
        """Turn counts into weights, and sort every row's training items."""
        return HardSampler(self, info)


class HardSampler(nn.Module):
    """Draws candidates, and keeps the best once hidden states are known."""

    def __init__(self, settings: Hard, info: Info) -> None:
        super().__init__()
        self.settings = settings
        self.outside = OutsideHistory(popularity_weights(info, settings.exponent), info)

    def forward(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw [B, L, n] candidates; a row that has had everything gets collisions only."""
        return self.outside.negatives(batch, self.settings.num_candidates, rng)

    @torch.no_grad()
    def select(self, output: StepOutput) -> Negatives:
        """Keep the [B, L, K] candidates that score highest, best first."""
        drawn = output.negatives
        scores = negative_scores(output).masked_fill(drawn.collides, -torch.inf)
        best = scores.topk(self.settings.num_negatives, dim=-1).indices
        parts = (drawn.items, drawn.log_probability, drawn.collides)
        return Negatives(*(part.gather(-1, best) for part in parts), drawn.target_log_probability)


@hookimpl
def register_samplers(register):
    """Offer ``hard``."""
    register("hard", Hard)
