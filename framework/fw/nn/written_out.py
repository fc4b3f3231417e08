"""Where gradients are written out by hand, because torch's own cost more on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor


def is_written_out(values: Tensor) -> bool:
    """Whether that pays, and is right: on a CPU, outside a compiler and autocast."""
    return is_eager_on_cpu(values) and not torch.is_autocast_enabled("cpu")


def is_eager_on_cpu(values: Tensor) -> bool:
    """Whether they are on a CPU, and no compiler follows what is done with them."""
    return values.device.type == "cpu" and not torch.compiler.is_compiling()
