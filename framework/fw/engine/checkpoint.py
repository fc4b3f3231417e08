"""Checkpoints: all that a run needs to go on as if it had never stopped, and when they are due."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import attrs

from fw.engine.epoch import Progress
from fw.engine.folders.weights import fit_weights
from fw.engine.selection import Selection
from fw.engine.session import Session
from fw.engine.steps import generators
from fw.errors import RunError


@attrs.define(kw_only=True, eq=False)
class Course:
    """Where a run stands: the epochs that are over, and the one that is begun, if one is."""

    selection: Selection
    within: Progress | None = None
    saved_at: float = attrs.field(factory=time.monotonic)  # or begun, where nothing is saved yet


def resume(session: Session) -> Course:
    """Restore weights, optimizer, generators and progress from the last checkpoint, if any.

    Raises RunError if it cannot be read or is not one of this recipe's.
    """
    saved = session.peers.from_first(session.folder.load_state)
    if saved is None:
        session.folder.forget_after(0)  # epochs of a run that was killed before its checkpoint
        return Course(selection=Selection())
    try:
        course = _restored(session, saved)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise RunError(
            f"the checkpoint in {session.folder.path} does not fit the recipe: {error}"
        ) from error
    session.folder.forget_after(course.selection.epoch)
    _save_best_again(session, course)
    return course


def _restored(session: Session, saved: Mapping[str, Any]) -> Course:
    fit_weights(session.step, saved["weights"])
    session.optimizer.load_state_dict(saved["optimizer"])
    if session.average is not None:
        session.average.restore(saved["average"])
    if session.peers.first:  # others have drawn other numbers, which are not kept
        generators.restore(saved.get("generators", {}), session.device)
    course = Course(selection=Selection.from_plain(saved["selection"]))
    if saved.get("within"):
        epoch = course.selection.epoch + 1
        course.within = Progress.begin(session.step, len(session.plans(epoch)), epoch)
        course.within.go_on_from(saved["within"])
    return course


def _save_best_again(session: Session, course: Course) -> None:
    """Write the best weights of a run that was killed after their checkpoint and before them."""
    if course.selection.epoch and course.selection.improved and not course.within:
        save_weights(session)


def save_weights(session: Session) -> None:
    """Keep the weights of the newest epoch as the best ones."""
    with session.kept_weights():
        session.folder.save_weights(session.step.state_dict())


def save(session: Session, course: Course) -> None:
    """Write a checkpoint; never one of weights that a loss without a number has spoilt."""
    if course.within:
        with session.step.among(session.peers):
            course.within.settle(session.step)
        course.within.require_finite(session.step)
    session.folder.save_state(
        {
            "weights": session.step.state_dict(),
            "optimizer": session.optimizer.state_dict(),
            "average": session.average.state() if session.average else None,
            "generators": generators.states(session.device),
            "selection": course.selection.plain(),
            "within": course.within.plain() if course.within else None,
        }
    )
    course.saved_at = time.monotonic()


def is_due(session: Session, course: Course) -> bool:
    """Whether ``checkpoint_minutes`` have passed since the last checkpoint."""
    minutes = session.training.checkpoint_minutes
    return minutes is not None and time.monotonic() - course.saved_at >= 60 * minutes
