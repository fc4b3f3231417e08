"""Adam that updates only the rows of the item table that a step has read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import torch
from torch import Tensor

from fw import hookimpl
from fw.nn.items import ask_for_rows
from fw_plugins.optimizers._adam import AdamSettings


@attrs.frozen(kw_only=True)
class SparseAdam(AdamSettings):
    """Adam whose step costs what it reads of the item table, however many items there are.

    Moments and weights of a row change only in steps whose batch has the item, as an input, a
    target or a negative: unlike with ``adam`` a row does not drift on between them, and its moments
    do not fade. Bias correction counts all steps. It is the rule of ``torch.optim.SparseAdam``, but
    for ``epsilon``, which is added after bias correction as in Adam (Kingma and Ba, ICLR 2015):
    where every row is read in every step it is Adam exactly. All other weights, and the table where
    a loss scores all items, are updated as by ``adam``. There is no weight decay: it would touch
    every row.
    """

    def __call__(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimizer, and ask tables for gradients of rows."""
        parameters = list(parameters)
        ask_for_rows(parameters)
        return RowwiseAdam(
            parameters, lr=self.learning_rate, betas=self.betas, eps=self.epsilon, fused=True
        )


class RowwiseAdam(torch.optim.Adam):
    """Updates rows where a gradient is sparse, and is Adam for all others."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        del self.defaults["capturable"]  # how many rows there are is not known to a captured step

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update once."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None and parameter.grad.is_sparse:
                    self._update_rows(parameter, group)
                    parameter.grad = None  # nothing is left of it to do
        return super().step(closure)

    def _update_rows(self, parameter: Tensor, group: dict[str, Any]) -> None:
        assert parameter.grad is not None
        gradient = parameter.grad.coalesce()
        rows, values = gradient.indices()[0], gradient.values()
        state = self._state_of(parameter)
        state["step"] += 1
        first, second = (
            one.index_select(0, rows) for one in (state["exp_avg"], state["exp_avg_sq"])
        )
        (beta1, beta2), step = group["betas"], state["step"]
        first.lerp_(values, 1 - beta1)
        second.mul_(beta2).addcmul_(values, values, value=1 - beta2)
        state["exp_avg"].index_copy_(0, rows, first)
        state["exp_avg_sq"].index_copy_(0, rows, second)
        size = second.div_(1 - beta2**step).sqrt_().add_(group["eps"])
        change = first.div_(size).mul_(-group["lr"] / (1 - beta1**step))
        parameter.index_add_(0, rows, change)

    def _state_of(self, parameter: Tensor) -> dict[str, Any]:
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        return state


@hookimpl
def register_optimizers(register):
    """Offer ``sparse_adam``."""
    register("sparse_adam", SparseAdam)
