"""From what a recipe names to a session of training: optimizer, execution, trackers, validation."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from fw.config.recipe import Recipe
from fw.engine.build import make
from fw.engine.evaluating import results
from fw.engine.folders.folder import RunFolder
from fw.engine.pace import Pace
from fw.engine.prepared import Prepared
from fw.engine.reporting import Reporter
from fw.engine.session import Session
from fw.engine.steps.average import Average
from fw.engine.steps.execution import choose_execution
from fw.engine.stopwatch import Stopwatch
from fw.engine.tracking import Tracking
from fw.interfaces import Info
from fw.processes.peers import Peers
from fw.stopping import Stop


def assemble(
    recipe: Recipe,
    parts: Prepared,
    folder: RunFolder,
    reporter: Reporter,
    stop: Stop,
    watch: Stopwatch,
    peers: Peers,
) -> Session:
    """Make the session of a run from its prepared parts."""
    step, exam, training = parts.step, parts.exam, recipe.training
    weights = [p for p in step.parameters() if p.requires_grad]
    optimizer = _optimizer(recipe, parts.info, weights)
    average = Average(weights, training.ema_decay) if training.ema_decay else None
    return Session(
        step=step,
        loader=parts.loader,
        training_rows=parts.info.training,
        optimizer=optimizer,
        execute=choose_execution(
            step,
            optimizer,
            training.execution,
            training.precision,
            reporter.warn,
            clip_norm=training.clip_norm,
            average=average,
            peers=peers,
        ),
        pace=Pace.of(recipe, parts.info, optimizer),
        average=average,
        training=training,
        validate=lambda: results.full_names("valid", exam.score_model(step, "valid")),
        folder=folder,
        reporter=reporter,
        tracking=_tracking(recipe, parts, reporter, peers),
        stop=stop,
        watch=watch,
        peers=peers,
    )


def _tracking(recipe: Recipe, parts: Prepared, reporter: Reporter, peers: Peers) -> Tracking:
    """Build the trackers, in one of several processes: each number is tracked once."""
    device = parts.step.device
    if not peers.first:
        return Tracking(recipe=recipe, device=device, warn=reporter.warn)
    return Tracking.of(recipe, parts.info, device, reporter.warn)


def _optimizer(
    recipe: Recipe, info: Info, weights: Sequence[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    """Make the recipe's optimizer; where nothing is trained, one of nothing stands for it."""
    if recipe.training.epochs == 0:
        return torch.optim.SGD([torch.zeros(0)])
    made: torch.optim.Optimizer = make(recipe.one("optimizer"), info, recipe.seed)(weights)
    return made
