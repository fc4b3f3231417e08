"""What a recipe and its data come to: the training step, and the exam for what it learns."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch

from fw.config.recipe import Recipe
from fw.engine.build import build_step
from fw.engine.data import RunData
from fw.engine.exam import Exam
from fw.engine.guards import try_out
from fw.engine.step import Step
from fw.interfaces import Info


@attrs.frozen(kw_only=True, eq=False)
class Prepared:
    """A step with initial weights and an exam, both on their device; ``info`` is what made them."""

    info: Info
    step: Step
    exam: Exam


def prepare(
    recipe: Recipe, data: RunData, device: torch.device, warn: Callable[[str], None]
) -> Prepared:
    """Build everything that a recipe names, try it on a few rows, and sort out the cases."""
    info = data.info(recipe, warn)
    step = build_step(recipe, info)
    try_out(recipe, step, info)
    step = step.to(device)
    exam = Exam.prepare(recipe, data.split, info, device)
    return Prepared(info=info, step=step, exam=exam)
