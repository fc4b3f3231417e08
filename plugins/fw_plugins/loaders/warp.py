"""Batches from worker processes, each one batch ahead of the step."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple

import attrs
import numpy as np
import torch
from torch import multiprocessing

from fw import Info, Sequences, hookimpl, validators
from fw.data.training import TrainingRows
from fw.engine.steps.batches import Plan
from fw.errors import TrainingError
from fw.interfaces import NO_COLUMNS
from fw.workers import MAIN_GUARD, unheard


@attrs.frozen(kw_only=True)
class Warp:
    """Worker processes gather batches in host memory and send them ahead of the step.

    As the ``WarpSampler`` of SASRec's code (Kang and McAuley, ``sampler.py``), but what a batch
    holds does not depend on which worker made it. Workers are started once a run, by "spawn", and
    share one copy of the data.
    """

    num_workers: int = attrs.field(
        default=2, validator=validators.at_least(1), metadata={"help": "processes"}
    )

    def build(self, info: Info) -> WarpLoader:
        """Keep the training rows on the host; processes start with the first epoch."""
        return WarpLoader(info.training.staying(), self.num_workers)


class WarpLoader:
    """Asks worker processes for the batches of an epoch, in turn, and takes them in order."""

    def __init__(self, training: TrainingRows, num_workers: int) -> None:
        self.training, self.num_workers = training, num_workers
        self._workers: list[_Worker] = []

    def __call__(self, plans: Sequence[Plan]) -> Iterator[Sequences]:
        """Yield the history of each plan's rows; raises TrainingError if a worker fails or dies."""
        try:
            workers = self._started() if plans else []
            for place, worker in enumerate(workers):
                worker.ask(plans[place :: len(workers)])
            for place, plan in enumerate(plans):
                yield workers[place % len(workers)].take(plan)
        except BaseException:  # stopped early, too: what is still on its way is for nobody
            self.close()
            raise

    def _started(self) -> list[_Worker]:
        if not self._workers:
            with unheard():
                numbers = range(1, self.num_workers + 1)
                self._workers = [
                    _Worker(f"worker {number} of {self.num_workers}", self.training)
                    for number in numbers
                ]
        return self._workers

    def close(self) -> None:
        """End all workers; they hold nothing that could be lost."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.end()


class _Answer(NamedTuple):
    """A history as it is sent; its rows are known to who asked."""

    items: np.ndarray  # [B, L] int32
    lengths: np.ndarray  # [B] int64
    columns: dict[str, np.ndarray]


class _Failure(NamedTuple):
    """An exception, as it is sent."""

    message: str
    traceback: str


class _Worker:
    """One worker process and the connection to it."""

    def __init__(self, name: str, training: TrainingRows) -> None:
        self.name = name
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, training), daemon=True)
        self.process.start()
        theirs.close()  # so that this end notices when the worker has died

    def ask(self, plans: Sequence[Plan]) -> None:
        """Send what the worker is to make. It takes all of it before it answers: none waits."""
        try:
            self.connection.send(list(plans))
        except OSError as error:
            raise self._died() from error

    def take(self, plan: Plan) -> Sequences:
        """Return the next history, which is the plan's."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError) as error:
            raise self._died() from error
        if isinstance(answer, _Failure):
            remote = RuntimeError(f"in {self.name}:\n{answer.traceback}")
            raise TrainingError(f"loader 'warp': {self.name} failed: {answer.message}") from remote
        return _unpacked(answer, plan)

    def end(self) -> None:
        """Kill the process, which is deaf to gentler signals, and wait until it is gone."""
        self.process.kill()
        self.process.join()
        self.process.close()
        self.connection.close()

    def _died(self) -> TrainingError:
        self.process.join()
        code = self.process.exitcode
        return TrainingError(
            f"loader 'warp': {self.name} ended unexpectedly, with exit code {code}\n"
            f"    {MAIN_GUARD}; a worker that was killed (-9) may have been short of memory"
        )


def _serve(connection: Connection, training: TrainingRows) -> None:
    """Be a worker: answer until the run closes its end, or is gone."""
    torch.set_num_threads(1)  # the others are the step's
    try:
        while True:
            for plan in connection.recv():
                connection.send(_answer(training, plan))
    except (EOFError, OSError):
        return


def _answer(training: TrainingRows, plan: Plan) -> _Answer | _Failure:
    try:
        history = training.history(plan)
        columns = {name: column.numpy() for name, column in history.columns.items()}
        return _Answer(history.items.int().numpy(), history.lengths.numpy(), columns)
    except Exception as error:
        return _Failure(f"{type(error).__name__}: {error}", traceback.format_exc())


def _unpacked(answer: _Answer, plan: Plan) -> Sequences:
    return Sequences(
        items=torch.from_numpy(answer.items).to(torch.int64),
        lengths=torch.from_numpy(answer.lengths),
        rows=torch.from_numpy(plan.rows),
        columns={name: torch.from_numpy(c) for name, c in answer.columns.items()} or NO_COLUMNS,
    )


@hookimpl
def register_loaders(register):
    """Offer ``warp``."""
    register("warp", Warp)
