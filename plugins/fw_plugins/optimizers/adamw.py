"""Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import torch

from fw import hookimpl, validators
from fw_plugins.optimizers._adam import AdamSettings


@attrs.frozen(kw_only=True)
class AdamW(AdamSettings):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, ICLR 2019).

    Every step shrinks matrices (the item table, positions, projections) by ``learning_rate *
    weight_decay``, whatever their gradient. Vectors (biases, the gains of norms) are exempt, as in
    the code of BERT and of nanoGPT.
    """

    weight_decay: float = attrs.field(
        default=0.01,
        validator=validators.at_least(0.0),
        metadata={"help": "share of a matrix taken off in a step, times the learning rate"},
    )

    def __call__(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimizer, with a group of matrices and one of vectors."""
        parameters = list(parameters)
        matrices = [parameter for parameter in parameters if parameter.dim() > 1]
        vectors = [parameter for parameter in parameters if parameter.dim() <= 1]
        groups = [
            {"params": matrices, "weight_decay": self.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=self.learning_rate,
            betas=self.betas,
            eps=self.epsilon,
            fused=True,
        )


@hookimpl
def register_optimizers(register):
    """Offer ``adamw``."""
    register("adamw", AdamW)
