"""Torch's own generators, for plugins that draw from them (``nn.Dropout``); fw's parts do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def apart(device: torch.device) -> Iterator[None]:
    """Leave the generators afterwards as they were before, whatever is drawn meanwhile."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def states(device: torch.device) -> dict[str, Tensor]:
    """Return where the generators of the CPU and the device stand."""
    found = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(device)
    return found


def restore(saved: Mapping[str, Tensor], device: torch.device) -> None:
    """Put those generators where they stood of which that is known."""
    if "cpu" in saved:
        torch.set_rng_state(saved["cpu"])
    if "cuda" in saved and device.type == "cuda":
        torch.cuda.set_rng_state(saved["cuda"], device)
