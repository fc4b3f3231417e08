"""How a training step is carried out: eagerly, compiled, or replayed from captured CUDA graphs.

Whatever the mode, it is the same step with the same draws: losses agree to rounding. Where a mode
cannot be had, the step is carried out eagerly, and why is said once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch
from torch import Tensor

from fw.config.recipe import Execution, Precision
from fw.engine.steps.average import Average
from fw.engine.steps.batches import Group
from fw.engine.steps.clipping import clip_gradients
from fw.engine.steps.graphs import CapturedStep, CudaGraphs
from fw.engine.steps.step import Step
from fw.interfaces import Sequences
from fw.processes.peers import ALONE, Peers

Warn = Callable[[str], None]
ComputeLoss = Callable[[Sequences, Sequence[Group], Tensor], tuple[Tensor, Tensor]]


class Execute(Protocol):
    """One whole training step: forward, backward, update of the weights."""

    def __call__(
        self, history: Sequences, groups: Sequence[Group], epoch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Train on ``history``; return the loss ([]) and its unweighted terms ([T])."""


class PlainStep:
    """Calls whatever computes the loss, and updates the weights."""

    def __init__(
        self,
        loss: ComputeLoss,
        optimizer: torch.optim.Optimizer,
        clip_norm: float | None = None,
        average: Average | None = None,
    ) -> None:
        self.loss, self.optimizer = loss, optimizer
        self.clip_norm, self.average = clip_norm, average

    def __call__(
        self, history: Sequences, groups: Sequence[Group], epoch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Train on ``history``."""
        loss, terms = self.loss(history, groups, epoch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.clip_norm is not None:
            clip_gradients(trained(self.optimizer), self.clip_norm)
        self.optimizer.step()
        if self.average is not None:
            self.average.update()
        return loss.detach(), terms


class CompiledStep:
    """Computes the loss by ``compiled``; by the step itself once that could not be compiled."""

    def __init__(self, step: Step, compiled: ComputeLoss, warn: Warn):
        self.step: ComputeLoss = step
        self.compiled, self.warn = compiled, warn

    def __call__(
        self, history: Sequences, groups: Sequence[Group], epoch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the loss and its terms."""
        try:
            return self.compiled(history, groups, epoch)
        except Exception as error:
            if not _is_the_compilers(error):
                raise
            self.warn(f'execution = "compile": {_in_short(error)}; trained eagerly')
            self.compiled = self.step
            return self.compiled(history, groups, epoch)


class InPrecision:
    """Computes the loss with autocast to bfloat16; weights and updates stay float32."""

    def __init__(self, loss: ComputeLoss, device: torch.device) -> None:
        self.loss, self.device = loss, device

    def __call__(
        self, history: Sequences, groups: Sequence[Group], epoch: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the loss and its terms."""
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.loss(history, groups, epoch)


def choose_execution(
    step: Step,
    optimizer: torch.optim.Optimizer,
    mode: Execution,
    precision: Precision,
    warn: Warn,
    clip_norm: float | None = None,
    average: Average | None = None,
    peers: Peers = ALONE,
) -> Execute:
    """Return what carries out a training step in the given mode, or eagerly if that cannot be."""
    device = step.device
    loss: ComputeLoss = step
    if peers.number > 1:
        mode = _eager_among_several(mode, warn)
        loss = peers.synchronised(step)
    if mode == "compile" and (reason := _why_not_compile(device)):
        warn(f'execution = "compile": {reason}; trained eagerly')
    elif mode == "compile":
        loss = CompiledStep(step, torch.compile(step), warn)
    if precision == "bfloat16":
        loss = InPrecision(loss, device)
    plain = PlainStep(loss, optimizer, clip_norm, average)
    if mode != "cuda_graph":
        return plain
    if reason := _why_not_capture(device, optimizer):
        warn(f'execution = "cuda_graph": {reason}; trained eagerly')
        return plain
    return CapturedStep(plain, optimizer, warn, CudaGraphs(device))


def trained(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """Return the parameters of all groups of an optimizer."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def matrix_products(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Let CUDA multiply float32 matrices in TensorFloat-32 for a while, if that is asked for."""
    if precision != "tf32" or device.type != "cuda":
        return nullcontext()
    return _TensorFloat32()


class _TensorFloat32(AbstractContextManager[object]):
    """Sets torch's global switch, and puts it back."""

    def __enter__(self) -> None:
        self.before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high")

    def __exit__(self, *_: object) -> None:
        torch.set_float32_matmul_precision(self.before)


def _eager_among_several(mode: Execution, warn: Warn) -> Execution:
    if mode != "eager":
        reason = "several processes exchange values within a step"
        warn(f'execution = "{mode}": {reason}; trained eagerly')
    return "eager"


def _why_not_compile(device: torch.device) -> str:
    if device.type != "cpu":
        return ""
    return "torch's compiler for CPUs gives wrong random words (seen in 2.13)"


def _why_not_capture(device: torch.device, optimizer: torch.optim.Optimizer) -> str:
    if device.type != "cuda":
        return f"there is no CUDA device in use (it is {device})"
    if "capturable" not in optimizer.defaults:
        return f"the optimizer {type(optimizer).__name__} cannot be captured"
    return ""


def _is_the_compilers(error: Exception) -> bool:
    kinds = type(error).__mro__
    return any(kind.__module__.startswith(("torch._dynamo", "torch._inductor")) for kind in kinds)


def _in_short(error: Exception) -> str:
    """Return the first paragraph on one line: compilers say first what failed, then much else."""
    words = str(error).strip().split("\n\n")[0].split()
    return f"{type(error).__name__}: {' '.join(words)}" if words else type(error).__name__
