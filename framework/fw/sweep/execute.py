"""Running the jobs of a sweep: several at once, those done skipped, a failure noted."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, cast

import attrs

from fw.engine.folders.files import make_folder, write_text
from fw.executing import Ended, Event, Job, Setting, Started
from fw.stopping import listening
from fw.sweep.worker import run_job, work

if TYPE_CHECKING:
    from fw.interfaces import Executor

_PATIENCE = 60  # seconds in which a process that is told to stop may put its things in order


def execute(
    setting: Setting,
    jobs: Sequence[Job],
    at_once: int | None = None,
    executor: Executor | None = None,
) -> Iterator[Event]:
    """Yield what happens to each job; those that already have a result come first.

    Without an executor as :func:`execute_in_turn` does, one at a time. Closing the iterator, or an
    exception in its reader, stops what is running, and the next call goes on with it.
    """
    waiting = []
    for job in jobs:
        if (setting.folder / job.name / "result.json").exists():
            yield Ended(job=job, skipped=True)
        else:
            waiting.append(job)
    for job in waiting:
        write_recipe(setting, job)
    most = at_once and min(at_once, len(waiting))
    if executor is None:
        yield from execute_in_turn(setting, iter(waiting), most or 1)
    elif waiting:
        yield from executor(setting, iter(waiting), most)


def execute_in_turn(setting: Setting, jobs: Iterator[Job], at_once: int) -> Iterator[Event]:
    """Run jobs whose recipes are written on this machine, each taken when there is room for it.

    Several at once run in processes of their own: one that dies is a failed job, not the end of the
    others. A single one runs in this process.
    """
    yield from (_side_by_side if at_once > 1 else _one_by_one)(setting, jobs, at_once)


def write_recipe(setting: Setting, job: Job) -> None:
    """Keep a job's recipe: a change of the file it is from changes nothing while it runs."""
    for path in (setting.recipe("").parent, setting.log("").parent):
        make_folder(path)
    write_text(setting.recipe(job.name), job.recipe)


def _one_by_one(setting: Setting, jobs: Iterator[Job], at_once: int) -> Iterator[Event]:
    for job in jobs:
        yield Started(job=job)
        yield Ended(job=job, error=run_job(setting, job.name, setting.device))


def _side_by_side(setting: Setting, jobs: Iterator[Job], at_once: int) -> Iterator[Event]:
    devices = deque(_devices(setting.device, at_once))
    running: dict[Connection, _Worker] = {}
    try:
        while True:
            while devices and (job := next(jobs, None)) is not None:
                with listening() as stop, stop.held():  # who is started is also known here
                    worker = _Worker.start(setting, job, devices.popleft(), at_once)
                    running[worker.receiver] = worker
                yield Started(job=worker.job)
            if not running:
                return
            for receiver in wait(list(running)):
                worker = running.pop(cast(Connection, receiver))
                devices.append(worker.device)
                yield Ended(job=worker.job, error=worker.result())
    finally:
        for worker in running.values():
            worker.process.terminate()
        for worker in running.values():
            worker.join_or_kill()


@attrs.frozen(kw_only=True, eq=False)
class _Worker:
    """A process that does one job, and the end of the pipe through which it says how that went."""

    job: Job
    device: str
    process: BaseProcess
    receiver: Connection

    @classmethod
    def start(cls, setting: Setting, job: Job, device: str, at_once: int) -> _Worker:
        """Start a process afresh, which is what works on every platform and with every GPU."""
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(sender, setting, job.name, device, at_once))
        process.start()
        sender.close()  # so that the pipe ends where the process does
        return cls(job=job, device=device, process=process, receiver=receiver)

    def result(self) -> str:
        """Return why the job failed, or nothing; a process that is gone says neither."""
        try:
            error: str = self.receiver.recv()
        except EOFError:
            self.process.join()
            return _death(self.process.exitcode)
        self.join_or_kill()
        return error

    def join_or_kill(self) -> None:
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"its process was ended by {name}: killed from outside, or out of memory"
    return f"its process ended without a result (exit code {code})"


def _devices(wanted: str, at_once: int) -> list[str]:
    """Give each of several jobs a GPU of its own, in turn, where there are several."""
    import torch

    gpus = torch.cuda.device_count() if wanted in ("auto", "cuda") else 0
    own = [f"cuda:{number}" for number in range(gpus)] if gpus > 1 else [wanted]
    return [own[number % len(own)] for number in range(at_once)]
