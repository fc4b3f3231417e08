"""What a run cost, as ``result.json`` has it: times one can compare, and what they depend on."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from fw.engine.machine import matrix_rate, peak_memory
from fw.engine.selection import Selection
from fw.engine.session import Session
from fw.engine.steps import generators
from fw.engine.steps.batches import Plan
from fw.engine.steps.execution import matrix_products
from fw.engine.steps.step import Step
from fw.interfaces import Sequences


def summary(seconds: Sequence[float], plans: Sequence[Plan]) -> dict[str, Any]:
    """Summarise the training of a run, given the seconds of its epochs and the plans of the last.

    The first epoch warms up, and is left out where there are more. ``tokens_per_epoch`` are the
    items that are trained on, and the positions that hold them with padding among them.
    """
    counted = seconds[1:] or seconds
    typical = statistics.median(counted) if counted else None
    real = sum(plan.num_real for plan in plans)
    padded = sum(plan.num_padded for plan in plans)
    return {
        "seconds_per_epoch": typical,
        "seconds_per_epoch_fastest": min(counted, default=None),
        "seconds_per_epoch_slowest": max(counted, default=None),
        "epochs_counted": len(counted),
        "interactions_per_second": real / typical if typical else None,
        "tokens_per_epoch": {"real": real, "padded": padded, "real_share": real / padded},
    }


def count_operations(step: Step, history: Sequences, plan: Plan) -> int:
    """Return the floating-point operations of the matrix products in one training step.

    Forward and backward, on padding too, as torch's FlopCounterMode counts them. Neither weights
    nor gradients nor generators are touched.
    """
    parameters = [p for p in step.parameters() if p.requires_grad]
    counter = FlopCounterMode(display=False)
    with generators.apart(step.device), counter:
        loss, _ = step(history, plan.groups, 0)
        torch.autograd.grad(loss, parameters, allow_unused=True)
    return int(counter.get_total_flops())


def matrix_work(
    session: Session, plans: Sequence[Plan], seconds_per_epoch: float | None
) -> dict[str, float] | None:
    """Set the matrix products of an epoch against what the machine can do; None if nothing ran."""
    if not seconds_per_epoch:
        return None
    history = session.history(plans[0])
    operations = count_operations(session.step, history, plans[0])
    share = sum(plan.num_padded for plan in plans) / plans[0].num_padded
    achieved, rate = operations * share / seconds_per_epoch, _rate_in(session)
    return {
        "operations_per_epoch": operations * share,
        "operations_per_second": achieved,
        "machine_operations_per_second": rate,
        "share": achieved / rate,
    }


def _rate_in(session: Session) -> float:
    """Return the machine's rate in the precision that the run trains in."""
    precision, device = session.training.precision, session.device
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    with matrix_products(precision, device):
        return matrix_rate(device, dtype)


def timing(session: Session, state: Selection, load: Mapping[str, Any]) -> dict[str, Any]:
    """Say all that is known of what a run cost; ``load`` is what else the machine did meanwhile.

    Takes about as long as two steps. ``parts`` and ``processor_seconds`` are of this process alone,
    of a run that was resumed those since then; all else is of the whole run.
    """
    plans = session.plans(max(state.epoch, 1))
    found = summary(state.train_seconds, plans)
    return {
        **found,
        "seconds_training": sum(state.train_seconds),
        "seconds_evaluating": sum(state.evaluate_seconds),
        "parts": session.watch.plain(),
        "processor_seconds": dict(session.watch.processor),
        "matrix_products": matrix_work(session, plans, found["seconds_per_epoch"]),
        "peak_memory_bytes": peak_memory(session.device),
        "machine": dict(load),
    }
