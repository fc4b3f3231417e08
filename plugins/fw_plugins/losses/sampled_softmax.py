"""The softmax of the target among its negatives, corrected for how they were drawn."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import attrs
import torch
from torch import Tensor
from torch.nn.functional import softplus

from fw import LossTerm, Negatives, StepOutput, hookimpl, validators
from fw.errors import UserError
from fw.exponentials import log_sum_exp
from fw.interfaces import PAD
from fw.scoring import negative_scores, target_scores

Correction = Literal["none", "classic", "corrected"]


@attrs.frozen(kw_only=True)
class SampledSoftmax:
    """-log of the softmax that the target gets among itself and its negatives.

    Negatives that are drawn more often than others are met more often; ``correction`` subtracts the
    log of how often, q being the sampler's probability and K the number of negatives:

    ``"none"``
        nothing is subtracted.
    ``"classic"``
        log q from all scores, the target's too (Bengio and Senecal, IEEE TNN 2008; Yi et al.,
        RecSys 2019). Without effect where q is the same for all, as in uniform sampling.
    ``"corrected"``
        log(K q) from the negatives alone, since the target is not drawn (Khrylchenko et al., RecSys
        2025): the sum over negatives is then an unbiased estimate of that over all items a sampler
        may use. Written there as a loss without the target in its denominator, times the model's
        probability of being wrong, held constant; this has the same gradient.

    Averaged over the positions that have a target. Negatives that collide are left out; a position
    without any is not counted.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden", "negatives"})
    positionwise: ClassVar[bool] = True

    correction: Correction = attrs.field(
        default="none", metadata={"help": "for how often negatives are drawn"}
    )
    temperature: float = attrs.field(
        default=1.0, validator=validators.positive, metadata={"help": "divides scores"}
    )

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against targets and negatives.

        Raises UserError where the sampler does not say what the classic correction needs.
        """
        usable = ~output.negatives.collides
        counted = (output.batch.targets.items != PAD) & usable.any(-1)
        scaled = output._replace(hidden=output.hidden / self.temperature)
        negative, positive = negative_scores(scaled), target_scores(scaled)
        if self.correction != "none":
            often, target_often = self._often(output.negatives)
            negative, positive = negative - often, positive - torch.where(counted, target_often, 0)
        loss = softplus(log_sum_exp(negative, usable) - positive)
        return LossTerm(torch.where(counted, loss, 0.0).sum(), counted.sum())

    def _often(self, negatives: Negatives) -> tuple[Tensor, Tensor | float]:
        """Return what is subtracted from negatives ([B, L, K] or [K]) and from targets ([B, L])."""
        log_probability, target = negatives.log_probability, negatives.target_log_probability
        if self.correction == "corrected":
            return log_probability + math.log(log_probability.shape[-1]), 0.0
        if target is None:
            raise UserError(
                'loss sampled_softmax with correction = "classic" needs the log-probability of '
                "targets, which the sampler of this recipe does not report\n"
                '    use correction = "corrected", or another sampler'
            )
        return log_probability, target


@hookimpl
def register_losses(register):
    """Offer ``sampled_softmax``."""
    register("sampled_softmax", SampledSoftmax)
