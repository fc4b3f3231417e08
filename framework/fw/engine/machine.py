"""What the machine can do, and what else it was doing meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import attrs
import psutil
import torch

from fw.engine.peak import peak_of_process

_SIZE = {"cpu": 1024, "cuda": 8192}  # of the square matrices that are multiplied to calibrate
_ROUNDS = 6  # of which the fastest counts: the first ones warm up
_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")  # not all of them on every platform
_NOTICEABLE = 0.1  # of all cores


@attrs.frozen(kw_only=True)
class Usage:
    """Processor seconds until a moment: of the whole machine, and of this process with children."""

    at: float
    machine: float
    own: float

    @classmethod
    def now(cls) -> Usage:
        """Read them; children count once they have ended."""
        times = psutil.cpu_times()
        return cls(
            at=time.perf_counter(),
            machine=sum(getattr(times, name, 0.0) for name in _BUSY),
            own=sum(os.times()[:4]),
        )

    def until_now(self, of_run: Callable[[float], float]) -> Usage:
        """Read them again; ``of_run`` adds the run's other processes on this machine to its own."""
        now = Usage.now()
        return attrs.evolve(now, own=self.own + of_run(now.own - self.own))

    def other_cores(self, later: Usage) -> float:
        """Return how many cores were busy with other work from this moment to a later one."""
        seconds = max(later.at - self.at, 1e-9)
        others = (later.machine - self.machine) - (later.own - self.own)
        return max(others, 0.0) / seconds


def describe_load(before: Usage, after: Usage) -> dict[str, Any]:
    """Say what else ran between two moments; ``note`` is empty where it hardly matters."""
    cores, others = psutil.cpu_count() or 1, before.other_cores(after)
    shared = others > _NOTICEABLE * cores
    return {
        "cores": cores,
        "threads": torch.get_num_threads(),
        "load_average": load_average(),
        "other_work_cores": others,
        "note": f"other work took {others:.1f} of {cores} cores meanwhile" if shared else "",
    }


def load_average() -> float | None:
    """Return the load average of the last minute; Windows has none."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def peak_memory(device: torch.device) -> dict[str, int | None]:
    """Return the most bytes that this process has had, and those of its tensors on a device."""
    on_device = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return {"process": peak_of_process(), "device": on_device}


def matrix_rate(device: torch.device, dtype: torch.dtype = torch.float32) -> float:
    """Return the floating-point operations a second of one large matrix product: takes about 0.1 s.

    As it is with this process's threads and torch's present settings.
    """
    size = _SIZE.get(device.type, 2048)
    left, right = torch.ones(2, size, size, device=device, dtype=dtype)
    seconds = min(_seconds(lambda: left @ right, device) for _ in range(_ROUNDS))
    return 2 * size**3 / seconds


def _seconds(call: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    started = time.perf_counter()
    call()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
