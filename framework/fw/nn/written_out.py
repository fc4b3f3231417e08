"""Where gradients are written out by hand, because torch's own cost more on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor


def is_written_out(values: Tensor) -> bool:
    """Whether that pays, and is right: on a CPU, outside a compiler and autocast."""
    plain = values.device.type != "cpu" or torch.compiler.is_compiling()
    return not plain and not torch.is_autocast_enabled("cpu")
