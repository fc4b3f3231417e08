"""One pass over the training rows, whole or the rest of one that was stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from fw.engine.steps.batches import Plan
from fw.engine.steps.execution import Execute
from fw.engine.steps.step import Step
from fw.errors import LossNotFinite
from fw.interfaces import Loader, Sequences


@attrs.frozen(kw_only=True)
class EpochReport:
    """What an epoch came to: mean losses over its steps, and what it cost."""

    loss: float
    losses: dict[str, float]
    seconds: float  # training alone, data_seconds among them
    data_seconds: float  # waiting for the loader
    users: int
    interactions: int  # items the users were trained on, none counted twice


@attrs.define(kw_only=True, eq=False)
class Progress:
    """How far an epoch is: every step moves it on, and a checkpoint within the epoch keeps it."""

    epoch: int
    record: Tensor  # [S, 1 + T]: of each step the loss and its terms, on the device
    done: int = 0  # steps
    seconds: float = 0.0  # of training, before the process that trains now
    data_seconds: float = 0.0  # of these, waiting for the loader

    @classmethod
    def begin(cls, step: Step, steps: int, epoch: int) -> Progress:
        """Stand before the first of an epoch's steps."""
        return cls(epoch=epoch, record=torch.zeros(steps, 1 + len(step.terms), device=step.device))

    def plain(self) -> dict[str, Any]:
        """Return what a checkpoint keeps: the record of the steps done, on the host."""
        return {**attrs.asdict(self, recurse=False), "record": self.record[: self.done].cpu()}

    def go_on_from(self, saved: Mapping[str, Any]) -> None:
        """Take over what :meth:`plain` gave; raises RuntimeError if it is of another recipe."""
        self.done, self.seconds = saved["done"], saved["seconds"]
        self.data_seconds = saved["data_seconds"]
        self.record[: self.done] = saved["record"]

    def settle(self, step: Step) -> None:
        """Let the record be that of the whole batches, where several processes have a part each."""
        self.record[: self.done] = step.peers.settled(self.record[: self.done])

    def require_finite(self, step: Step) -> None:
        """Raise LossNotFinite if the loss of a step done is not finite; waits for the device."""
        _check(self.record[: self.done].cpu(), step, self.epoch)


def train_epoch(
    step: Step,
    execute: Execute,
    loader: Loader,
    plans: Sequence[Plan],
    progress: Progress,
    after_step: Callable[[int], object] = lambda users: None,
    before_step: Callable[[int], object] = lambda done: None,
    own: Sequence[Plan] | None = None,
) -> EpochReport:
    """Train on every batch of ``plans`` that is not done yet, and report the whole epoch.

    ``execute`` carries out a step of ``step``; ``after_step`` is called with the users of each,
    ``before_step`` with how many steps of the epoch are done. ``own`` are this process's parts of
    the batches, where it is one of several.
    Raises LossNotFinite if a loss is not finite.
    """
    number = torch.tensor(progress.epoch, device=step.device)
    before, started = progress.seconds, time.perf_counter()
    left, parts = plans[progress.done :], (own or plans)[progress.done :]
    given = zip(left, parts, _waited_for(loader(parts), progress), strict=True)
    for plan, part, history in given:
        try:
            before_step(progress.done)
            step.peers.begin(len(plan.rows))
            record = progress.record[progress.done]
            _train_batch(execute, history.to(step.device), part, number, record)
        except Exception as error:
            error.add_note(f"epoch {progress.epoch}, step {progress.done + 1}")
            raise
        progress.done += 1
        progress.seconds = before + time.perf_counter() - started
        after_step(len(plan.rows))
    progress.settle(step)
    values = progress.record.cpu()  # the one wait for the device in an epoch
    progress.seconds = before + time.perf_counter() - started
    _check(values, step, progress.epoch)
    return _report(values, step, plans, progress)


def _waited_for(histories: Iterable[Sequences], progress: Progress) -> Iterator[Sequences]:
    """Yield what a loader gives, and count the seconds for which it keeps the step waiting."""
    started = time.perf_counter()
    for history in histories:
        progress.data_seconds += time.perf_counter() - started
        yield history
        started = time.perf_counter()


def _train_batch(
    execute: Execute, history: Sequences, plan: Plan, epoch: Tensor, record: Tensor
) -> None:
    loss, terms = execute(history, plan.groups, epoch)
    record[0] = loss
    record[1:] = terms


def _check(values: Tensor, step: Step, epoch: int) -> None:
    finite = values.isfinite()
    if bool(finite.all()):
        return
    place = int((~finite).any(1).nonzero()[0])
    bad = [term.name for term, fine in zip(step.terms, finite[place, 1:], strict=True) if not fine]
    raise LossNotFinite(
        f"epoch {epoch}, step {place + 1}: the loss {', '.join(bad) or 'sum'} is not finite\n"
        "    the best weights and the last checkpoint are untouched; "
        "a lower learning rate or another temperature may help",
        epoch=epoch,
        step=place + 1,
        terms=bad,
    )


def _report(values: Tensor, step: Step, plans: Sequence[Plan], progress: Progress) -> EpochReport:
    means = values.double().mean(0).tolist()
    return EpochReport(
        loss=means[0],
        losses={term.name: mean for term, mean in zip(step.terms, means[1:], strict=True)},
        seconds=progress.seconds,
        data_seconds=progress.data_seconds,
        users=sum(len(plan.rows) for plan in plans),
        interactions=sum(plan.num_real for plan in plans),
    )
