"""What a recipe and its data come to: loader, training step, and the exam for what it learns."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import torch
from torch import nn

from fw.config.recipe import Recipe
from fw.engine.build import build_step, make
from fw.engine.data import RunData
from fw.engine.exam import Exam
from fw.engine.faults.guards import try_out
from fw.engine.steps.step import Step
from fw.interfaces import Info, Loader


@attrs.frozen(kw_only=True, eq=False)
class Prepared:
    """A step with initial weights and an exam, both on their device; ``info`` is what made them."""

    info: Info
    loader: Loader
    step: Step
    exam: Exam


def prepare(
    recipe: Recipe, data: RunData, device: torch.device, warn: Callable[[str], None]
) -> Prepared:
    """Build everything that a recipe names, try it on a few rows, and sort out the cases."""
    info = data.info(recipe, warn)
    loader = make(recipe.one("loader"), info, recipe.seed)  # before anything leaves the host
    step = build_step(recipe, info)
    try_out(recipe, step, info)
    step = step.to(device)
    if isinstance(loader, nn.Module):
        loader.to(device)
    exam = Exam.prepare(recipe, data.split, info, device)
    return Prepared(info=info, loader=loader, step=step, exam=exam)
