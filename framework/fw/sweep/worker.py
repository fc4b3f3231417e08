"""One run of a sweep, in this process or in one of its own.

This module imports nothing heavy, so that a new process can be told to stop from its first moment.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import attrs

from fw.errors import FrameworkError
from fw.executing import Setting
from fw.stopping import Stopped, listening

if TYPE_CHECKING:
    from rich.console import Console

    from fw.engine.reporting import Reporter

# A run of a sweep that was killed ends by itself, but not at once; meanwhile it has its folder.
_PATIENCE = 30.0


@attrs.frozen(kw_only=True)
class SweepSetting(Setting):
    """What all runs of a sweep have in common; ``folder`` is the sweep's own."""

    def run(self, name: str, device: str, log: TextIO, *, side_by_side: bool) -> None:
        """Do a run whose recipe is written, or go on with it."""
        from fw.engine.reporting import Reporter

        self.run_with(Reporter(console(log)), name, device, side_by_side=side_by_side)

    def run_with(
        self, reporter: Reporter, name: str, device: str, *, side_by_side: bool, test: bool = True
    ) -> None:
        """Do a run, and tell a reporter of it."""
        from fw.engine.run import run_in

        run_in(
            self.folder / name,
            self.recipe(name),
            plugins=self.plugins,
            data=self.data,
            device=device,
            reporter=reporter,
            side_by_side=side_by_side,
            patience=_PATIENCE,
            test=test,
        )


def console(log: TextIO) -> Console:
    """Return what prints to a log."""
    from rich.console import Console

    return Console(file=log, width=160, highlight=False)


def run_job(setting: Setting, name: str, device: str, *, side_by_side: bool = False) -> str:
    """Run, or go on with, one run of a sweep; returns why it failed, or nothing."""
    with _log(setting.log(name)) as log:
        try:
            setting.run(name, device, log, side_by_side=side_by_side)
        except FrameworkError as error:
            _note(log, str(error))
            return str(error)
        except Exception as error:
            _note(log, traceback.format_exc())
            return f"{type(error).__name__}: {error}\n    its traceback is in {log.name}"
    return ""


@contextmanager
def _log(path: Path) -> Iterator[TextIO]:
    """Open a log; where the disk is full it stays as it is, and the run goes on."""
    log = path.open("a", encoding="utf-8")
    try:
        yield log
    finally:
        with suppress(OSError):
            log.close()


def _note(log: TextIO, text: str) -> None:
    with suppress(OSError):
        print(text, file=log, flush=True)


def work(sender: Connection, setting: Setting, name: str, device: str, at_once: int) -> None:
    """Do one run in this process, which is its own, and send why it failed, or nothing.

    An interrupt from the keyboard reaches every process of the terminal; here it is left to the
    parent, who then terminates this process. What is trained is kept.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(Stopped), listening():
        threading.Thread(target=_end_with_parent, daemon=True).start()
        _share_cores(at_once)
        sender.send(run_job(setting, name, device, side_by_side=True))


def _end_with_parent() -> None:
    """Stop, as if asked to, once the parent is gone: no run outlives a sweep that is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _share_cores(at_once: int) -> None:
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() // at_once))
