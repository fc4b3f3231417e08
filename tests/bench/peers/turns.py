"""Work in turns: a process prepares itself, then does one turn whenever it is told.

Standard library alone, since it is imported by other Pythons than the benchmark's. A line on
standard input starts a turn; each answer is a line of JSON on standard output, to which nothing
else may print: what libraries print goes to standard error.
"""

import json
import os
import resource
import sys
import time
from contextlib import suppress


class Turns:
    """The side of the process that does the work."""

    def __init__(self):
        self._answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._started = 0.0

    def ready(self, **about):
        """Say that everything is prepared; ``about`` is shown beside the results."""
        self._answer(about)

    def wait(self):
        """Wait until a turn starts; ends the process when there will be none."""
        if not sys.stdin.readline():
            raise SystemExit(0)
        self._started = time.perf_counter()

    def done(self):
        """Say that the turn is over."""
        seconds = time.perf_counter() - self._started
        self._answer({"seconds": seconds, "peak_megabytes": peak_megabytes()})

    def _answer(self, content):
        print(json.dumps(content), file=self._answers, flush=True)


def peak_megabytes():
    """Return the most memory that this process has had so far.

    Elsewhere than on Linux it is that of the usage, which there no program inherits.
    """
    with suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
