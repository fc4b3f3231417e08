"""Initial weights, by the names that settings give them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import Tensor, nn

Init = Literal["xavier_uniform", "xavier_normal", "normal", "truncated_normal"]

# Glorot and Bengio, AISTATS 2010, eq. 16, and its normal form; N(0, 0.02) is that of BERT. The
# truncated one has no weight beyond two standard deviations.
INITS: dict[Init, Callable[[Tensor], object]] = {
    "xavier_uniform": nn.init.xavier_uniform_,
    "xavier_normal": nn.init.xavier_normal_,
    "normal": partial(nn.init.normal_, std=0.02),
    "truncated_normal": partial(nn.init.trunc_normal_, std=0.02, a=-0.04, b=0.04),
}


def initialise_linear(module: nn.Module, init: Init) -> None:
    """Initialise all linear maps inside ``module``, biases to 0; tables and norms stay as they are.

    Goes by the type of layer, not over all weights, which would overwrite the row of PAD.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            INITS[init](layer.weight.data)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
