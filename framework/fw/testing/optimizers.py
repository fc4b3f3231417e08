"""The contract of optimizers."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from fw.testing.contract import Contract
from fw.testing.messages import broken, require
from fw.testing.tensors import difference, tensors


class OptimizerContract(Contract):
    """A ``torch.optim.Optimizer`` of all parameters, which can be resumed."""

    kind = "optimizer"

    def test_it_trains_every_parameter(self, built: Any) -> None:
        """It is given an iterator, which it can go through once."""
        model = _model()
        optimizer = _optimizer(built, model)
        trained = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
        left_out = [name for name, weight in model.named_parameters() if id(weight) not in trained]
        require(
            not left_out,
            f"leaves out parameters: {', '.join(left_out)}",
            "pass all of them on: parameters = list(parameters)",
        )

    def test_steps_lower_a_loss(self, built: Any) -> None:
        """Fifty of them, of least squares."""
        model = _model()
        losses = _train(model, _optimizer(built, model), 50)
        require(
            losses[-1] < losses[0] and torch.tensor(losses).isfinite().all(),
            f"a least-squares loss of {losses[0]:.4g} is {losses[-1]:.4g} after 50 steps",
            "subtract what goes with the gradient",
        )

    def test_a_resumed_optimizer_goes_on_as_if_it_had_never_stopped(self, built: Any) -> None:
        """All that it remembers is in ``state_dict()``."""
        model = _model()
        optimizer = _optimizer(built, model)
        _train(model, optimizer, 3)
        again = copy.deepcopy(model)
        resumed = _optimizer(built, again)
        resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        for one, its in ((model, optimizer), (again, resumed)):
            _train(one, its, 3)
        found = difference(tensors(model), tensors(again))
        require(
            not found,
            f"after a checkpoint it trains on differently: {found}",
            "keep what it remembers in self.state and self.param_groups",
        )


def _model() -> nn.Module:
    """Make a small model, always the same: an embedding and a layer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Embedding(6, 4), nn.Linear(4, 1))


def _optimizer(built: Any, model: nn.Module) -> torch.optim.Optimizer:
    optimizer = built(weight for weight in model.parameters())
    if not isinstance(optimizer, torch.optim.Optimizer):
        broken(f"it makes {type(optimizer).__name__}, not a torch.optim.Optimizer")
    return optimizer


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    return [_step(model, optimizer) for _ in range(steps)]


def _step(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    inputs = torch.arange(6)
    loss: Tensor = (model(inputs).squeeze(1) - inputs).square().mean()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()
