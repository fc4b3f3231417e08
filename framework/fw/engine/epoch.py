"""One pass over the training rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import torch
from torch import Tensor

from fw.engine.batches import Plan
from fw.engine.step import Step
from fw.errors import TrainingError


@attrs.frozen(kw_only=True)
class EpochReport:
    """What an epoch came to: mean losses over its steps, and what it cost."""

    loss: float
    losses: dict[str, float]
    seconds: float  # training alone
    users: int
    interactions: int  # items the users were trained on, none counted twice


def train_epoch(
    step: Step,
    optimizer: torch.optim.Optimizer,
    plans: Sequence[Plan],
    epoch: int,
    after_step: Callable[[int], object] = lambda users: None,
) -> EpochReport:
    """Train on every batch of ``plans``; raises TrainingError if a loss is not finite."""
    started = time.perf_counter()
    device = step.training_rows.items.device
    rows = torch.from_numpy(np.concatenate([plan.rows for plan in plans])).to(device)
    number = torch.tensor(epoch, device=device)
    record = torch.zeros(len(plans), 1 + len(step.terms), device=device)
    begin = 0
    for place, plan in enumerate(plans):
        end = begin + len(plan.rows)
        try:
            _train_batch(step, optimizer, rows[begin:end], plan, number, record[place])
        except Exception as error:
            error.add_note(f"epoch {epoch}, step {place + 1}")
            raise
        begin = end
        after_step(len(plan.rows))
    values = record.cpu()  # the one wait for the device in an epoch
    seconds = time.perf_counter() - started
    _check(values, step, epoch)
    return _report(values, step, plans, seconds)


def _train_batch(
    step: Step,
    optimizer: torch.optim.Optimizer,
    rows: Tensor,
    plan: Plan,
    epoch: Tensor,
    record: Tensor,
) -> None:
    loss, terms = step(rows, plan.groups, epoch)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    record[0] = loss.detach()
    record[1:] = terms


def _check(values: Tensor, step: Step, epoch: int) -> None:
    finite = values.isfinite()
    if bool(finite.all()):
        return
    place = int((~finite).any(1).nonzero()[0])
    bad = [term.name for term, fine in zip(step.terms, finite[place, 1:], strict=True) if not fine]
    raise TrainingError(
        f"epoch {epoch}, step {place + 1}: the loss {', '.join(bad) or 'sum'} is not finite\n"
        "    the best weights and the last checkpoint are untouched; "
        "a lower learning rate or another temperature may help"
    )


def _report(values: Tensor, step: Step, plans: Sequence[Plan], seconds: float) -> EpochReport:
    means = values.double().mean(0).tolist()
    lengths = step.training_rows.host_lengths
    rows = np.concatenate([plan.rows for plan in plans])
    return EpochReport(
        loss=means[0],
        losses={term.name: mean for term, mean in zip(step.terms, means[1:], strict=True)},
        seconds=seconds,
        users=len(rows),
        interactions=int(np.minimum(lengths[rows], step.max_len + 1).sum()),
    )
