"""Binary cross-entropy of each target against its negatives: the loss of SASRec."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch
from torch.nn.functional import softplus

from fw import LossTerm, StepOutput, hookimpl
from fw.interfaces import PAD


@attrs.frozen(kw_only=True)
class BinaryCrossEntropy:
    """-log sigma(target) - sum of log(1 - sigma(negative)) (Kang and McAuley, ICDM 2018, eq. 7).

    Averaged over the positions that have a target, as every implementation does: users with more
    items weigh more. Negatives that collide are left out; a position without any is not counted.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden", "negatives"})

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against targets and negatives ([B, L, K])."""
        targets, negatives = output.batch.targets.items, output.negatives
        hidden = output.hidden
        positive = (hidden * output.items.rows(targets)).sum(-1)
        negative = (hidden.unsqueeze(-2) * output.items.rows(negatives.items)).sum(-1)
        usable = ~negatives.collides
        counted = (targets != PAD) & usable.any(-1)
        against = torch.where(usable, softplus(negative), 0.0).sum(-1)
        loss = torch.where(counted, softplus(-positive) + against, 0.0)
        return LossTerm(loss.sum(), counted.sum())


@hookimpl
def register_losses(register):
    """Offer ``bce``."""
    register("bce", BinaryCrossEntropy)
