"""The training loop: epochs, validation, selection, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
import torch

from fw.config.recipe import Training
from fw.engine.batches import Plan, epoch_plans
from fw.engine.diagnosis import diagnose, warnings
from fw.engine.epoch import EpochReport, train_epoch
from fw.engine.folder import RunFolder
from fw.engine.reporting import Reporter
from fw.engine.selection import Selection
from fw.engine.step import Step
from fw.errors import EvaluationError, RunError

Validate = Callable[[], Mapping[str, float]]  # metrics by full name, "valid/<protocol>/<metric>"


@attrs.frozen(kw_only=True)
class Session:
    """Everything that a run's training works with."""

    step: Step
    optimizer: torch.optim.Optimizer
    training: Training
    validate: Validate
    folder: RunFolder
    reporter: Reporter

    def plans(self, epoch: int) -> list[Plan]:
        """Return the batches of an epoch."""
        step = self.step
        lengths = np.minimum(step.training_rows.host_lengths, step.max_len + 1)
        return list(
            epoch_plans(
                np.flatnonzero(lengths >= step.task.min_items),
                lengths,
                batch_size=self.training.batch_size,
                seed=step.seed,
                epoch=epoch,
                grouped=step.training_rows.items.device.type == "cpu",
            )
        )


def train(session: Session) -> Selection:
    """Train until the epochs are done or validation has not improved for ``patience`` looks.

    Goes on from the folder's last checkpoint if there is one. Afterwards the step holds the weights
    of the last epoch; those of the best are in the folder.
    """
    state = resume(session)
    _warn_of_lone_rows(session)
    training = session.training
    while not state.finished(training.epochs, training.patience):
        epoch = state.epoch + 1
        plans = session.plans(epoch)
        with session.reporter.epoch(epoch, plans) as after_step:
            report = train_epoch(session.step, session.optimizer, plans, epoch, after_step)
        state = state.trained(epoch, report.seconds)
        metrics: Mapping[str, float] = {}
        if epoch % training.evaluate_every == 0 or epoch == training.epochs:
            state, metrics = _evaluate(session, state)
        _record(session, state, report, metrics, plans[0])
    return state


def resume(session: Session) -> Selection:
    """Restore weights, optimizer and progress from the last checkpoint, if there is one."""
    saved = session.folder.load_state()
    if saved is None:
        session.folder.forget_after(0)  # epochs of a run that was killed before its checkpoint
        return Selection()
    try:
        session.step.load_state_dict(saved["weights"])
        session.optimizer.load_state_dict(saved["optimizer"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise RunError(
            f"the checkpoint in {session.folder.path} does not fit the recipe: {error}"
        ) from error
    state = Selection.from_plain(saved["selection"])
    session.folder.forget_after(state.epoch)
    return state


def _warn_of_lone_rows(session: Session) -> None:
    """Say where a batch of one row is left over: a contrastive loss learns nothing from it."""
    sizes = [len(plan.rows) for plan in session.plans(1)]
    if sizes[-1] == 1 and any(term.contrastive for term in session.step.terms):
        session.reporter.warn(
            f"of {sum(sizes)} rows in batches of {session.training.batch_size} one is left over: "
            "contrastive losses are 0 for it"
        )


def _evaluate(session: Session, state: Selection) -> tuple[Selection, Mapping[str, float]]:
    started = time.perf_counter()
    try:
        metrics = session.validate()
    except EvaluationError as error:
        # Scores that are no numbers are no reason to lose the epochs before.
        session.reporter.warn(f"epoch {state.epoch}: {error}")
        metrics = {session.training.monitor: math.nan}
    value = metrics[session.training.monitor]
    return state.evaluated(value, time.perf_counter() - started), metrics


def _record(
    session: Session,
    state: Selection,
    report: EpochReport,
    metrics: Mapping[str, float],
    plan: Plan,
) -> None:
    """Write the epoch down: best weights first, then its line, then the checkpoint."""
    if metrics and state.improved:
        session.folder.save_weights(session.step.state_dict())
    line = {
        "epoch": state.epoch,
        **attrs.asdict(report),
        "metrics": _json_safe(metrics),
        "diagnostics": _json_safe(_diagnose(session, state.epoch, report, plan)),
    }
    session.folder.append_line(line)
    session.reporter.line(line, state, session.training)
    done = state.finished(session.training.epochs, session.training.patience)
    if done or state.epoch % session.training.checkpoint_every == 0:
        session.folder.save_state(_snapshot(session, state))


def _diagnose(session: Session, epoch: int, report: EpochReport, plan: Plan) -> Mapping[str, float]:
    """Look into one batch of the epoch, and warn of what is wrong, each thing once a run."""
    numbers = diagnose(session.step, plan, epoch)
    for subject, warning in warnings(session.step.terms, report.losses, numbers).items():
        session.reporter.warn_once(subject, f"epoch {epoch}: {warning}")
    return numbers


def _snapshot(session: Session, state: Selection) -> dict[str, Any]:
    return {
        "weights": session.step.state_dict(),
        "optimizer": session.optimizer.state_dict(),
        "selection": state.plain(),
    }


def _json_safe(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
