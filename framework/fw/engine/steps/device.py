"""Which device a run uses."""

from __future__ import annotations

import torch

from fw.errors import DeviceError

CHOICES = ("auto", "cpu", "cuda", "mps")
WITHOUT_FLOAT64 = {"mps"}


def available_devices() -> list[str]:
    """Name the devices of this machine, the fastest first."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [name for name, there in present.items() if there] + ["cpu"]


def choose_device(wanted: str = "auto") -> torch.device:
    """Return the device called ``wanted``; ``auto`` takes the fastest there is.

    Raises DeviceError, naming what is there.
    """
    available = available_devices()
    name = available[0] if wanted == "auto" else wanted
    if name.split(":")[0] not in available:
        raise DeviceError(
            f"device {wanted!r} is not available on this machine; there is: {', '.join(available)}"
        )
    return torch.device(name)
