"""Dropout by address: what is dropped for a row is the same in any batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from fw.nn.written_out import is_written_out
from fw.random import Rng


class AddressDropout(nn.Module):
    """Dropout (Srivastava et al., JMLR 2014) whose decisions are drawn by address.

    One byte decides over one value, so the probability is rounded to a multiple of 1/256 (at most
    255/256), and what is kept is scaled by what is really kept. ``name`` is the place below the
    given ``rng`` from which it draws: no two dropouts that are given one ``rng`` may share it.
    """

    def __init__(self, probability: float, name: str) -> None:
        super().__init__()
        self.name = name
        self.threshold = min(round(probability * 256), 255)

    def forward(self, values: Tensor, rng: Rng | None, onto: Tensor | None = None) -> Tensor:
        """Drop from ``values``, and add what is left to ``onto`` if that is given.

        ``values`` are [B, L, D] with the place of B rows, or [T, D] with that of T positions.
        Without ``rng``, as in evaluation, nothing is dropped.
        """
        if rng is None or self.threshold == 0:
            return values if onto is None else onto + values
        # Laid flat, a row wastes no bytes; D, unlike L, is the same in every batch.
        flat = values.flatten(1)
        kept = self.kept((len(flat), flat.shape[1]), rng).view(values.shape)
        if is_written_out(values):
            given = (values, onto, kept, self.scale)
            dropped: Tensor = _Dropped.apply(*given)  # type: ignore[no-untyped-call]
            return dropped
        factors = kept.to(values.dtype).mul_(self.scale)
        return values * factors if onto is None else torch.addcmul(onto, values, factors)

    @property
    def scale(self) -> float:
        """What is kept is multiplied with: 1 / (share that is kept)."""
        return 256 / (256 - self.threshold)

    def kept(self, shape: tuple[int, ...], rng: Rng) -> Tensor:
        """Return 1 where a value is kept and 0 elsewhere, in uint8."""
        return self._kept(rng.child(self.name).bytes(shape))

    def kept_of_each(
        self, places: Sequence[Rng], shapes: Sequence[tuple[int, ...]]
    ) -> list[Tensor]:
        """Return what is kept at each place, drawn at once."""
        children = [place.child(self.name) for place in places]
        drawn, cut = Rng.bytes_of_each(children, shapes)
        return cut(self._kept(drawn))

    def _kept(self, drawn: Tensor) -> Tensor:
        # In place on the drawn bytes: a comparison that makes booleans takes ten times as long.
        return drawn.ge_(self.threshold)

    def extra_repr(self) -> str:
        """Show the place and the rounded probability."""
        return f"{self.name!r}, {self.threshold}/256"


class _Dropped(torch.autograd.Function):
    """Keeps bytes for the gradient, not factors: memory is what dropout waits for on a CPU."""

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, onto: Tensor | None, kept: Tensor, scale: float
    ) -> Tensor:
        ctx.save_for_backward(kept)
        ctx.scale = scale
        factors = kept.to(values.dtype)
        if onto is None:
            return factors.mul_(values).mul_(scale)
        return torch.addcmul(onto, values, factors, value=scale)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (kept,) = ctx.saved_tensors
        to_onto = gradient if ctx.needs_input_grad[1] else None
        return kept.to(gradient.dtype).mul_(gradient).mul_(ctx.scale), to_onto, None, None
