"""What turns gradients into weights: optimizers and the course of their learning rate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import torch


@runtime_checkable
class Optimizer(Protocol):
    """Makes a ``torch.optim.Optimizer``."""

    def __call__(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimizer of all trained parameters."""


@runtime_checkable
class Schedule(Protocol):
    """The course of the learning rate, as a factor of what the optimizer was given."""

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor of a step, from 0 on, of ``steps`` in all; none of warm-up among them.

        It depends on both numbers alone, so that a run that is resumed goes on as it was.
        """
