"""What a run's training works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
import torch

from fw.config.recipe import Training
from fw.engine.batches import Plan, epoch_plans
from fw.engine.execution import Execute
from fw.engine.folder import RunFolder
from fw.engine.reporting import Reporter
from fw.engine.step import Step
from fw.stopping import Stop

Validate = Callable[[], Mapping[str, float]]  # metrics by full name, "valid/<protocol>/<metric>"


@attrs.frozen(kw_only=True)
class Session:
    """Everything that a run's training works with."""

    step: Step
    optimizer: torch.optim.Optimizer
    execute: Execute
    training: Training
    validate: Validate
    folder: RunFolder
    reporter: Reporter
    stop: Stop = attrs.field(factory=Stop)

    @property
    def device(self) -> torch.device:
        """Where the training rows are, and all else."""
        return self.step.training_rows.items.device

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
                grouped=self.device.type == "cpu",
            )
        )
