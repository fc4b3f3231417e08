"""Bayesian personalised ranking: the target is to score above each of its negatives."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch
from torch.nn.functional import softplus

from fw import LossTerm, StepOutput, hookimpl
from fw.interfaces import PAD
from fw.scoring import negative_scores, target_scores


@attrs.frozen(kw_only=True)
class BayesianPersonalisedRanking:
    """-log sigma(target - negative) (Rendle et al., UAI 2009).

    The mean over a position's negatives, averaged over the positions that have a target. Negatives
    that collide are left out; a position without any is not counted. The regularisation of the
    paper is a weight decay, which is the optimizer's.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden", "negatives"})
    positionwise: ClassVar[bool] = True

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against targets and negatives ([B, L, K])."""
        usable = ~output.negatives.collides
        counted = (output.batch.targets.items != PAD) & usable.any(-1)
        behind = negative_scores(output) - target_scores(output).unsqueeze(-1)
        pairs = torch.where(usable, softplus(behind), 0.0).sum(-1)
        loss = torch.where(counted, pairs / usable.sum(-1).clamp(min=1), 0.0)
        return LossTerm(loss.sum(), counted.sum())


@hookimpl
def register_losses(register):
    """Offer ``bpr``."""
    register("bpr", BayesianPersonalisedRanking)
