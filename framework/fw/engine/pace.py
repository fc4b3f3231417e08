"""The learning rate of every step, as the recipe's schedule wants it.

It depends on the number of the step alone, which the host knows: nothing of it is in a checkpoint,
and a run that is resumed goes on at the same rate.
"""

from __future__ import annotations

from typing import Any, cast

import attrs
import torch
from torch import Tensor

from fw.config.recipe import Recipe
from fw.config.slots import ScheduleSlot
from fw.engine.build import make
from fw.engine.faults.blame import blamed_on
from fw.errors import UserError
from fw.interfaces import Info, Schedule


@attrs.frozen(kw_only=True, eq=False)
class Pace:
    """Sets an optimizer's learning rates; ``rates`` are those it was made with, one a group.

    In the first ``warmup_steps`` they rise in equal parts to their full height (Goyal et al.,
    "Accurate, Large Minibatch SGD", 2017, section 2.2); the schedule has the steps that follow, to
    the end of the last of ``epochs``, whether or not training stops before it.
    """

    optimizer: torch.optim.Optimizer
    schedule: Schedule
    warmup_steps: int
    epochs: int
    rates: tuple[float, ...]

    @classmethod
    def of(cls, recipe: Recipe, info: Info, optimizer: torch.optim.Optimizer) -> Pace | None:
        """Make it from a recipe; None if that names no schedule.

        Raises UserError where the optimizer has no learning rate.
        """
        chosen = recipe.optional("schedule")
        if chosen is None:
            return None
        if not all("lr" in group for group in optimizer.param_groups):
            name = recipe.one("optimizer").name
            raise UserError(f"[schedule] has nothing to change: optimizer {name!r} has no rate lr")
        schedule = make(chosen, info, recipe.seed)
        with blamed_on(chosen.entry, "for the first of 1000 steps"):
            float(schedule(0, 1000))
        return cls(
            optimizer=optimizer,
            schedule=schedule,
            warmup_steps=cast(ScheduleSlot, chosen.slot).warmup_steps,
            epochs=recipe.training.epochs,
            rates=tuple(float(group["lr"]) for group in optimizer.param_groups),
        )

    def set(self, epoch: int, done: int, steps: int) -> None:
        """Set the rates for the step of an epoch of ``steps`` before which ``done`` were done."""
        factor = self.factor((epoch - 1) * steps + done, self.epochs * steps)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            _assign(group, rate * factor)

    def factor(self, step: int, steps: int) -> float:
        """Return the factor of a step, from 0 on, of ``steps`` in all."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        return float(self.schedule(step - self.warmup_steps, steps - self.warmup_steps))

    @property
    def rate(self) -> float:
        """The learning rate of the newest step, of the optimizer's first group."""
        return float(self.optimizer.param_groups[0]["lr"])


def _assign(group: dict[str, Any], rate: float) -> None:
    """Set the rate of a group; where steps are captured, in the memory that a replay reads."""
    device, before = group["params"][0].device, group["lr"]
    if not group.get("capturable"):
        group["lr"] = rate
    elif isinstance(before, Tensor) and before.device == device:
        before.fill_(rate)
    else:
        group["lr"] = torch.tensor(rate, device=device)
