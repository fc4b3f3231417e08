"""Adam, with the betas that SASRec was published with."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import torch

from fw import hookimpl, validators
from fw_plugins.optimizers._adam import AdamSettings


@attrs.frozen(kw_only=True)
class Adam(AdamSettings):
    """Adam (Kingma and Ba, ICLR 2015); beta2 = 0.98 as in the code of SASRec."""

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
