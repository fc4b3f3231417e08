"""Which component a loss that is not finite came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fw.config.recipe import Recipe
from fw.engine.build import build_step, term_names
from fw.engine.faults.blame import guilty, origin, plugin_failure
from fw.engine.folders.weights import fit_weights
from fw.engine.session import Session
from fw.engine.steps.batches import Plan
from fw.errors import LossNotFinite
from fw.interfaces import Info
from fw.outputs import WrongOutput, finite_required


@contextmanager
def culprit_named(session: Session, recipe: Recipe, info: Info) -> Iterator[None]:
    """Where a loss is not finite, raise a PluginError if that was a stranger's component.

    Otherwise training diverged, or something stranger: then the LossNotFinite says from whom the
    losses are that a stranger wrote.
    """
    try:
        yield
    except LossNotFinite as error:
        wrong = _first_wrong(session, recipe, info, error)
        entry = guilty(recipe, wrong) if wrong else None
        if wrong and entry and not entry.bundled:
            raise plugin_failure(entry, "in a run", wrong) from wrong
        raise LossNotFinite(
            "\n    ".join([str(error), *_strangers(recipe, error)]),
            epoch=error.epoch,
            step=error.step,
            terms=error.terms,
        ) from error


def _first_wrong(
    session: Session, recipe: Recipe, info: Info, error: LossNotFinite
) -> WrongOutput | None:
    """Go once more through the batch that failed, with the last good weights, and look closely.

    Then through the one before it, whose gradient may have spoilt the weights. Costs the session's
    step its weights, which were spoilt anyway.
    """
    state = session.folder.load_state()
    fit_weights(session.step, state["weights"] if state else build_step(recipe, info).state_dict())
    plans = session.plans(error.epoch)
    for number in (error.step, max(error.step - 1, 1)):
        try:
            _look_closely(session, plans[number - 1], error.epoch)
        except WrongOutput as wrong:
            wrong.add_note(f"epoch {error.epoch}, step {number}")
            return wrong
    return None


def _look_closely(session: Session, plan: Plan, epoch: int) -> None:
    with finite_required(), torch.no_grad():
        session.step(session.history(plan), plan.groups, epoch)


def _strangers(recipe: Recipe, error: LossNotFinite) -> Iterator[str]:
    losses = recipe.many("loss")
    for name, chosen in zip(term_names(losses), losses, strict=True):
        if name in error.terms and not chosen.entry.bundled:
            yield f"{name} comes from {origin(chosen.entry)}"
