"""``fw run --processes N``: torch's own launcher on this machine, and how its processes ended."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Sequence

import psutil
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import parse_args, run

from fw.stopping import Stopped


def launch(processes: int, restarts: int, words: Sequence[str]) -> tuple[int, str]:
    """Run ``fw`` with these words in so many processes; return the exit code, and what to say.

    What a process has to say itself it has said. Raises Stopped if a signal ended them.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(_threads(processes)))
    # Tables of exit codes, and that others are then ended, say nothing that is not said better.
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)
    each = ["--standalone", "--nproc-per-node", str(processes), "--max-restarts", str(restarts)]
    try:
        run(parse_args([*each, "-m", "fw", *words]))  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        return _ended(error, processes)
    except SignalException as error:
        raise Stopped(error.sigval) from None
    return 0, ""


def _ended(error: ChildFailedError, processes: int) -> tuple[int, str]:
    """Say of a process that was killed that it was: it could not say so itself.

    SIGTERM is what the launcher ends the others with.
    """
    ended_by_us = -signal.SIGTERM
    failures = error.failures.items()
    killed = [(rank, one) for rank, one in failures if 0 > one.exitcode != ended_by_us]
    if not killed:
        _, first = error.get_first_failure()
        return max(first.exitcode, 1), ""
    rank, one = killed[0]
    return 1, (
        f"process {rank + 1} of {processes} was ended by {one.signal_name()}: "
        "killed from outside, or out of memory"
    )


def _threads(processes: int) -> int:
    return max((psutil.cpu_count(logical=False) or 1) // processes, 1)
