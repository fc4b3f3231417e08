"""The training loop: epochs, validation, selection, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from fw.engine.checkpoint import Course, is_due, resume, save, save_weights
from fw.engine.epoch import EpochReport, Progress, train_epoch
from fw.engine.selection import Selection
from fw.engine.session import Session
from fw.engine.steps import generators
from fw.engine.steps.batches import Plan
from fw.engine.steps.diagnosis import diagnose, warnings
from fw.errors import EvaluationError
from fw.stopping import Stopped


def train(session: Session) -> Selection:
    """Train until the epochs are done or validation has not improved for ``patience`` looks.

    Goes on from the folder's last checkpoint if there is one. A signal that asks to stop is heard
    between two steps, and writes one. Afterwards the step holds the weights of the last epoch;
    those of the best are in the folder.
    """
    training = session.training
    with session.stop.held():
        with session.watch.during("preparing"):
            course = resume(session)
            session.tracking.begin(session.folder.path, course.selection.epoch)
            _warn_of_lone_rows(session)
            _warn_of_a_long_warm_up(session)
        try:
            while not course.selection.finished(training.last_epoch, training.patience):
                session.peers.agree(session.stop)
                _train_one(session, course)
        except Stopped:
            save(session, course)
            raise
        if training.epochs == 0:
            save(session, course)  # the weights as they were built
    return course.selection


def _warn_of_lone_rows(session: Session) -> None:
    """Say where a batch of one row is left over: a contrastive loss learns nothing from it."""
    sizes = [len(plan.rows) for plan in session.plans(1)]
    if sizes[-1] == 1 and any(term.contrastive for term in session.step.terms):
        session.reporter.warn(
            f"of {sum(sizes)} rows in batches of {session.training.batch_size} one is left over: "
            "contrastive losses are 0 for it"
        )


def _warn_of_a_long_warm_up(session: Session) -> None:
    """Say where training ends before the learning rate has reached its full height."""
    steps = session.training.last_epoch * len(session.plans(1))
    if session.pace is not None and session.pace.warmup_steps > steps:
        session.reporter.warn(
            f"[schedule] warmup_steps = {session.pace.warmup_steps}, but training has {steps} steps"
            " at most: the learning rate never reaches its full height"
        )


def _train_one(session: Session, course: Course) -> None:
    """Train an epoch or the rest of one, look at validation if it is time, write all down."""
    epoch, training = course.selection.epoch + 1, session.training
    with session.watch.during("data"):
        plans = session.plans(epoch)
    report = _train_the_rest(session, course, plans, epoch)
    selection = course.selection.trained(epoch, report.seconds)
    metrics: Mapping[str, float] = {}
    due = epoch % training.evaluate_every == 0 or epoch == training.epochs
    with generators.apart(session.device):
        if training.final_fit is not None:
            selection = selection.chosen() if epoch == training.final_fit else selection
        elif due:
            selection, metrics = _evaluate(session, selection)
        with session.watch.during("recording"):
            diagnostics = _diagnose(session, epoch, report, plans[0], due or epoch == 1)
    line = {
        "epoch": epoch,
        **attrs.asdict(report),
        **_rate(session),
        "metrics": _json_safe(metrics),
        "diagnostics": _json_safe(diagnostics),
    }
    with session.watch.during("recording"):
        _record(session, course, selection, line)


def _train_the_rest(
    session: Session, course: Course, plans: Sequence[Plan], epoch: int
) -> EpochReport:
    """Train on the batches of an epoch that are left."""
    within = course.within = course.within or Progress.begin(session.step, len(plans), epoch)
    waited = within.data_seconds
    with (
        session.watch.during("training"),
        session.reporter.epoch(epoch, plans, within.done) as advance,
        session.step.among(session.peers),
    ):
        report = train_epoch(
            session.step,
            session.execute,
            session.loader,
            plans,
            within,
            _between_steps(session, course, advance),
            _before_steps(session, within.epoch, len(plans)),
            session.own(plans),
        )
    session.watch.move(within.data_seconds - waited, "training", to="data")
    return report


def _between_steps(
    session: Session, course: Course, advance: Callable[[int], object]
) -> Callable[[int], None]:
    def after_step(users: int) -> None:
        advance(users)
        if session.peers.agree(session.stop, is_due(session, course)):
            save(session, course)

    return after_step


def _before_steps(session: Session, epoch: int, steps: int) -> Callable[[int], None]:
    def before_step(done: int) -> None:
        if session.pace is not None:
            session.pace.set(epoch, done, steps)

    return before_step


def _evaluate(session: Session, state: Selection) -> tuple[Selection, Mapping[str, float]]:
    """Look at validation; a signal breaks this off, and the resumed run does it again."""
    started = time.perf_counter()
    try:
        with (
            session.watch.during("evaluating"),
            session.kept_weights(),
            # Several processes stop between two steps only, all of them at the same.
            session.stop.held(session.peers.number > 1),
        ):
            metrics = session.validate()
    except EvaluationError as error:
        # Scores that are no numbers are no reason to lose the epochs before.
        session.reporter.warn(f"epoch {state.epoch}: {error}")
        metrics = {session.training.monitor: math.nan}
    value = metrics[session.training.monitor]
    return state.evaluated(value, time.perf_counter() - started), metrics


def _record(
    session: Session, course: Course, selection: Selection, line: Mapping[str, Any]
) -> None:
    """Write the epoch down: its line, the checkpoint, and with it the weights if they are best.

    Every new best has its checkpoint, written first: so the weights of the best epoch are always
    in one of the two files, whenever the process may be killed.
    """
    training = session.training
    session.folder.append_line(line)
    session.reporter.line(line, selection, training)
    course.selection, course.within = selection, None
    done = selection.finished(training.last_epoch, training.patience)
    regular = selection.epoch % training.checkpoint_every == 0
    if done or selection.improved or regular or is_due(session, course):
        save(session, course)
    if selection.improved:
        save_weights(session)
    session.tracking.epoch(line)
    session.reporter.recorded(line, training)


def _diagnose(
    session: Session, epoch: int, report: EpochReport, plan: Plan, gradients: bool
) -> Mapping[str, float]:
    """Look into one batch of the epoch, and warn of what is wrong, each thing once a run."""
    if not session.peers.first:
        return {}
    numbers = diagnose(session.step, session.history(plan), plan, epoch, gradients)
    for subject, warning in warnings(session.step.terms, report.losses, numbers).items():
        session.reporter.warn_once(subject, f"epoch {epoch}: {warning}")
    return numbers


def _rate(session: Session) -> dict[str, float]:
    """Return the learning rate of the newest step, where a schedule changes it."""
    return {} if session.pace is None else {"learning_rate": session.pace.rate}


def _json_safe(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
