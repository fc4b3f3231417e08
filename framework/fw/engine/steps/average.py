"""An average of the weights over the steps of training, which is what is evaluated and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """The exponential moving average of weights: of step t's, ``decay ** (T - t)`` after step T.

    As in Polyak and Juditsky (1992), with weights that fall exponentially. It begins at zero, and
    is divided by the sum of all factors (Kingma and Ba, ICLR 2015, section 3), so that initial
    weights have no part in it. That sum is averaged along with the weights, on the device: a
    captured step averages as an eager one does.
    """

    def __init__(self, weights: Sequence[Tensor], decay: float) -> None:
        self.weights, self.decay = list(weights), decay
        device = self.weights[0].device
        self._one = torch.ones((), device=device)
        self._sums = [torch.zeros_like(weight) for weight in self.weights]
        self._mass = torch.zeros((), device=device)
        self._update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]

    def update(self) -> None:
        """Take in the weights after a step."""
        with torch.no_grad():
            newest = [weight.detach() for weight in self.weights]
            self._update([*self._sums, self._mass], [*newest, self._one], 0)

    def values(self) -> list[Tensor]:
        """Return the averages, in the order of the weights."""
        return [total / self._mass for total in self._sums]

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the model have the averages for a while, and then its own weights again."""
        own = [weight.detach().clone() for weight in self.weights]
        try:
            self._write(self.values())
            yield
        finally:
            self._write(own)

    def state(self) -> dict[str, list[Tensor] | Tensor]:
        """Return what a checkpoint keeps."""
        return {"sums": self._sums, "mass": self._mass}

    def restore(self, state: Mapping[str, list[Tensor] | Tensor]) -> None:
        """Go on from a state; raises ValueError or RuntimeError if it is of other weights."""
        for own, saved in zip(self._sums, state["sums"], strict=True):
            own.copy_(saved)
        self._mass.copy_(state["mass"])  # type: ignore[arg-type]

    def _write(self, values: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for weight, value in zip(self.weights, values, strict=True):
                weight.copy_(value)
