"""Dropout by address: what is dropped for a row is the same in any batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

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

    def forward(self, values: Tensor, rng: Rng | None) -> Tensor:
        """Drop from ``values`` ([B, L, D]); without ``rng``, as in evaluation, nothing."""
        if rng is None or self.threshold == 0:
            return values
        rows, length, size = values.shape
        # Laid flat, a row wastes no bytes; D, unlike L, is the same in every batch.
        factors = self.factors((rows, length * size), rng, values.dtype)
        return values * factors.view(values.shape)

    def factors(
        self,
        shape: tuple[int, ...],
        rng: Rng,
        dtype: torch.dtype,
        starts: tuple[int, ...] = (),
    ) -> Tensor:
        """Return what values are to be multiplied with: 0, or 1 / (share that is kept).

        ``starts`` is as for :meth:`fw.random.Rng.bytes`.
        """
        # In place on the drawn bytes: a comparison that makes booleans takes ten times as long.
        kept = rng.child(self.name).bytes(shape, starts).ge_(self.threshold)
        return kept.to(dtype).mul_(256 / (256 - self.threshold))

    def extra_repr(self) -> str:
        """Show the place and the rounded probability."""
        return f"{self.name!r}, {self.threshold}/256"
