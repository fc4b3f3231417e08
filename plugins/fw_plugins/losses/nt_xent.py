"""Contrast of views: each view is to be closest to the other view of its own sequence."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from fw import Info, LossTerm, StepOutput, hookimpl, validators
from fw.contrast import Similarity, comparable, logits, pairs, same_items
from fw.exponentials import log_sum_exp

FalseNegatives = Literal["keep", "mask", "positive"]


@attrs.frozen(kw_only=True)
class NTXent:
    """Normalised temperature-scaled cross-entropy (Chen et al., ICML 2020), as in CL4SRec.

    Each of the 2N views of a batch is an anchor: -log of the softmax, over the other 2N - 1 views,
    that the other view of its own sequence gets (Xie et al., ICDE 2022). With
    ``similarity = "dot"`` and ``temperature = 1`` it is that of CL4SRec and DuoRec; vectors that
    leave a LayerNorm are then so long that the loss may be near 0 from the first step.

    Rows that share their newest training item are likely false negatives: they may be kept as
    negatives, left out (``"mask"``), or made positives, whose loss is averaged (``"positive"``:
    Khosla et al., NeurIPS 2020, eq. 2, as in ContraRec). ``projection`` is the size of a head
    Linear-ReLU-Linear that is used in this loss alone; 0 is none.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"views"})

    similarity: Similarity = attrs.field(
        default="cosine", metadata={"help": "of unit vectors, or of vectors as they are"}
    )
    temperature: float = attrs.field(
        default=0.2,
        validator=validators.positive,
        metadata={"help": "divides similarities"},
    )
    false_negatives: FalseNegatives = attrs.field(
        default="keep", metadata={"help": "what rows with the same newest item are to each other"}
    )
    projection: int = attrs.field(
        default=0, validator=validators.at_least(0), metadata={"help": "size of a projection head"}
    )

    def build(self, info: Info) -> ContrastiveLoss:
        """Make the loss, and its head if there is one."""
        return ContrastiveLoss(self, info.pooled_size)


class ContrastiveLoss(nn.Module):
    """Compares every view with every other, those of other processes too."""

    requires: ClassVar[frozenset[str]] = NTXent.requires

    def __init__(self, settings: NTXent, pooled_size: int) -> None:
        super().__init__()
        self.settings = settings
        self.head = _head(pooled_size, settings.projection)

    def forward(self, output: StepOutput) -> LossTerm:
        """Sum over the 2N anchors of all processes; a single row has a loss and a gradient of 0.

        In the arithmetic of float32 whatever the views are in.
        """
        first, second = (output.gather(self.head(view)) for view in output.views)
        vectors = comparable(first, second, self.settings.similarity)
        newest = output.gather(output.batch.history.newest_items())
        positive, negative = self._roles(newest)
        losses = contrast(logits(vectors, self.settings.temperature), positive, negative)
        return LossTerm(losses.sum(), torch.full((), len(losses), device=losses.device))

    def _roles(self, newest: Tensor) -> tuple[Tensor, Tensor]:
        """Return which pairs are positives and which negatives, [2N, 2N] bool each."""
        positive, itself = pairs(len(newest), newest.device)
        negative = ~(positive | itself)
        if self.settings.false_negatives == "keep":
            return positive, negative
        same = same_items(newest) & negative
        make_positive = self.settings.false_negatives == "positive"
        return (positive | same if make_positive else positive), negative & ~same


def contrast(logits: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """Return each anchor's mean over its positives of -log softmax, [A], given [A, A] logits.

    The softmax is over positives and negatives. Written as a distance from the positives, so that a
    loss of 4e-9 is still 4e-9 in float32, and that no negatives at all make it exactly 0.
    """
    count = positive.sum(-1)
    mean = torch.where(positive, logits, 0.0).sum(-1) / count
    best = log_sum_exp(logits, positive)
    return best - mean + softplus(log_sum_exp(logits, negative) - best)


def _head(size: int, projection: int) -> nn.Module:
    if projection == 0:
        return nn.Identity()
    return nn.Sequential(nn.Linear(size, projection), nn.ReLU(), nn.Linear(projection, projection))


@hookimpl
def register_losses(register):
    """Offer ``nt_xent``."""
    register("nt_xent", NTXent)
