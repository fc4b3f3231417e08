"""Worker processes: started so that a signal to all reaches the run alone, and by no accident."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fw.errors import UserError
from fw.stopping import SIGNALS

MAIN_GUARD = 'a script that calls fw needs `if __name__ == "__main__":` in front of what it does'


@contextmanager
def unheard() -> Iterator[None]:
    """Let processes that are started inside ignore the signals that ask to stop.

    Ctrl-C goes to every process of a terminal. The run is the one to hear it: it finishes its step,
    for which it may need a worker, saves, and ends its workers itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # a new process inherits this
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def refuse_in_starting_worker() -> None:
    """Raise UserError in a worker that is just being started.

    A worker started by "spawn" first imports the script that the run was called from. Where that
    calls fw again, outside a main guard, every worker would begin a run of its own.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise UserError(f"fw was called while a worker process was starting\n    {MAIN_GUARD}")
