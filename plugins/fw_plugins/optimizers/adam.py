"""Adam, with the betas that SASRec was published with."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import torch

from fw import hookimpl, validators


@attrs.frozen(kw_only=True)
class Adam:
    """Adam (Kingma and Ba, ICLR 2015); beta2 = 0.98 as in the code of SASRec."""

    learning_rate: float = attrs.field(
        default=1e-3, validator=validators.positive, metadata={"help": "step size"}
    )
    betas: tuple[float, float] = attrs.field(
        default=(0.9, 0.98),
        validator=attrs.validators.deep_iterable(validators.below_one),
        metadata={"help": "decay of the first and the second moment"},
    )
    epsilon: float = attrs.field(
        default=1e-8, validator=validators.positive, metadata={"help": "added to the denominator"}
    )
    weight_decay: float = attrs.field(
        default=0.0,
        validator=validators.at_least(0.0),
        metadata={"help": "L2 penalty, added to the gradient as in the paper"},
    )

    def __call__(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimizer; on a GPU its step is fused into one kernel."""
        parameters = list(parameters)
        return torch.optim.Adam(
            parameters,
            lr=self.learning_rate,
            betas=self.betas,
            eps=self.epsilon,
            weight_decay=self.weight_decay,
            fused=True,
        )


@hookimpl
def register_optimizers(register):
    """Offer ``adam``."""
    register("adam", Adam)
