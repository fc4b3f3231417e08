"""Where the seconds of a run go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# What comes before the first epoch; waiting for batches; steps; scoring; diagnostics and files.
PARTS = ("preparing", "data", "training", "evaluating", "recording")


class Stopwatch:
    """Adds up the seconds of parts that do not overlap; begins when it is made.

    ``processor`` are those that the process has computed, in all its threads: on a machine that
    other work is waiting for they say more than what has passed.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.processor = dict.fromkeys(PARTS, 0.0)

    @contextmanager
    def during(self, part: str) -> Iterator[None]:
        """Count what is done inside as one of the parts."""
        started, computed = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - started
            self.processor[part] += time.process_time() - computed

    def move(self, seconds: float, part: str, to: str) -> None:
        """Count seconds that have passed as another part than they were counted as."""
        self.seconds[part] -= seconds
        self.seconds[to] += seconds

    def plain(self) -> dict[str, float]:
        """Return the seconds of all parts so far, and all seconds since the beginning: wall."""
        return {**self.seconds, "wall": time.perf_counter() - self._began}
