"""Binary cross-entropy of each target against its negatives: the loss of SASRec."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch
from torch.nn.functional import softplus

from fw import LossTerm, StepOutput, hookimpl
from fw.interfaces import PAD
from fw.scoring import negative_scores, target_scores


@attrs.frozen(kw_only=True)
class BinaryCrossEntropy:
    """-log sigma(target) - sum of log(1 - sigma(negative)) (Kang and McAuley, ICDM 2018, eq. 7).

    Averaged over the positions that have a target, as every implementation does: users with more
    items weigh more. Negatives that collide are left out; a position without any is not counted.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden", "negatives"})
    positionwise: ClassVar[bool] = True

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against targets and negatives ([B, L, K])."""
        usable = ~output.negatives.collides
        counted = (output.batch.targets.items != PAD) & usable.any(-1)
        against = torch.where(usable, softplus(negative_scores(output)), 0.0).sum(-1)
        loss = torch.where(counted, softplus(-target_scores(output)) + against, 0.0)
        return LossTerm(loss.sum(), counted.sum())


@hookimpl
def register_losses(register):
    """Offer ``bce``."""
    register("bce", BinaryCrossEntropy)
