"""The learning rate along half a cosine."""

from __future__ import annotations

import math

import attrs

from fw import hookimpl, validators


@attrs.frozen(kw_only=True)
class Cosine:
    """Lower the learning rate along half a cosine, without restarts.

    Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, with a single period; as
    ``torch.optim.lr_scheduler.CosineAnnealingLR``.
    """

    final_factor: float = attrs.field(
        default=0.0,
        validator=validators.fraction,
        metadata={"help": "share of the learning rate that is left after the last step"},
    )

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor of a step of ``steps``: 1 in the first."""
        height = (1 + math.cos(math.pi * step / steps)) / 2
        return self.final_factor + (1 - self.final_factor) * height


@hookimpl
def register_schedules(register):
    """Offer ``cosine``."""
    register("cosine", Cosine)
