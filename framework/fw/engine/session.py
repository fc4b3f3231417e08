"""What a run's training works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import attrs
import numpy as np
import torch

from fw.config.recipe import Training
from fw.data.training import TrainingRows
from fw.engine.folders.folder import RunFolder
from fw.engine.pace import Pace
from fw.engine.reporting import Reporter
from fw.engine.steps.average import Average
from fw.engine.steps.batches import Plan, epoch_plans
from fw.engine.steps.execution import Execute
from fw.engine.steps.step import Step
from fw.engine.stopwatch import Stopwatch
from fw.engine.tracking import Tracking
from fw.interfaces import Loader, Sequences
from fw.processes.peers import ALONE, Peers
from fw.stopping import Stop

Validate = Callable[[], Mapping[str, float]]  # metrics by full name, "valid/<protocol>/<metric>"


@attrs.frozen(kw_only=True)
class Session:
    """Everything that a run's training works with."""

    step: Step
    loader: Loader
    training_rows: TrainingRows
    optimizer: torch.optim.Optimizer
    execute: Execute
    training: Training
    validate: Validate
    folder: RunFolder
    reporter: Reporter
    tracking: Tracking
    pace: Pace | None = None  # where the recipe has a schedule
    average: Average | None = None  # where the recipe has ema_decay
    peers: Peers = ALONE
    stop: Stop = attrs.field(factory=Stop)
    watch: Stopwatch = attrs.field(factory=Stopwatch)

    def kept_weights(self) -> AbstractContextManager[None]:
        """Let the step have the weights that are evaluated and kept for a while."""
        return nullcontext() if self.average is None else self.average.in_use()

    @property
    def device(self) -> torch.device:
        """Where the step is computed."""
        return self.step.device

    def history(self, plan: Plan) -> Sequences:
        """Return what a plan's rows are trained on, for a look at them beside the training."""
        return self.training_rows.history(plan).to(self.device)

    @property
    def _lengths(self) -> np.ndarray:
        return self.training_rows.host_lengths.clip(max=self.step.history_width)

    def own(self, plans: Sequence[Plan]) -> Sequence[Plan]:
        """Return this process's part of each batch."""
        return self.peers.own(plans, self._lengths)

    def plans(self, epoch: int) -> list[Plan]:
        """Return the batches of an epoch."""
        step, lengths = self.step, self._lengths
        return list(
            epoch_plans(
                np.flatnonzero(lengths >= step.task.min_items),
                lengths,
                batch_size=self.training.batch_size,
                seed=step.seed,
                epoch=epoch,
                grouped=self.device.type == "cpu",
            )
        )
