"""Binary cross-entropy that makes up for how few negatives were sampled."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch
from torch.nn.functional import softplus

from fw import LossTerm, StepOutput, hookimpl, validators
from fw.interfaces import PAD
from fw.scoring import negative_scores, target_scores


@attrs.frozen(kw_only=True)
class GeneralisedBinaryCrossEntropy:
    """-(beta log sigma(target) + sum of log(1 - sigma(negative))) / (K + 1), the loss of gSASRec.

    beta = a (t (1 - 1 / a) + 1 / a) = 1 - t (1 - a) (Petrov and Macdonald, RecSys 2023), where
    a = K / (N - 1) is the share of the other items that were sampled and t the ``calibration``: 0
    is the plain loss, overconfident where few are sampled, 1 that of all items. Their code raises
    sigma to the power of beta in double precision; beta times softplus is the same number. Uniform
    negatives from the whole catalogue are assumed: with others, ``a`` is not the rate at which an
    item is sampled.

    Averaged over the positions that have a target. Negatives that collide are left out; a position
    without any is not counted.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden", "negatives"})
    positionwise: ClassVar[bool] = True

    calibration: float = attrs.field(
        default=0.75,
        validator=validators.fraction,
        metadata={"help": "t: from 0, plain, to 1, probabilities as of all items"},
    )

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against targets and negatives ([B, L, K])."""
        usable = ~output.negatives.collides
        counted = (output.batch.targets.items != PAD) & usable.any(-1)
        number = usable.shape[-1]
        against = torch.where(usable, softplus(negative_scores(output)), 0.0).sum(-1)
        beta = self.positive_weight(number, output.items.num_items)
        loss = (beta * softplus(-target_scores(output)) + against) / (number + 1)
        return LossTerm(torch.where(counted, loss, 0.0).sum(), counted.sum())

    def positive_weight(self, num_negatives: int, num_items: int) -> float:
        """Return beta."""
        return 1 - self.calibration * (1 - num_negatives / max(num_items - 1, 1))


@hookimpl
def register_losses(register):
    """Offer ``gbce``."""
    register("gbce", GeneralisedBinaryCrossEntropy)
