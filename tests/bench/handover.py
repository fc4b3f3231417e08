"""What it costs to share work between cores right now: more where they share no cache.

A virtual machine's cores wander between the caches of its host. While two of them sit under
different ones, whatever one core wrote and the other reads goes through the host's memory fabric.
"""

import time

import torch

# A little more than what torch leaves to one thread, so that the work is next to nothing.
_NUMBERS = 2**15 + 2**12
_CALLS = 100
_TRIES = 10
_REST = 0.05  # seconds, in which threads of whoever worked last fall asleep


def handover() -> float:
    """Return the microseconds of an addition that all threads share, the least of some tries."""
    numbers = torch.zeros(_NUMBERS)
    time.sleep(_REST)
    return min(_additions(numbers) for _ in range(_TRIES))


def _additions(numbers: torch.Tensor) -> float:
    started = time.perf_counter()
    for _ in range(_CALLS):
        numbers.add_(1)
    return (time.perf_counter() - started) / _CALLS * 1e6
