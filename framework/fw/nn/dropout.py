"""Dropout by address: what is dropped for a row is the same in any batch."""

from __future__ import annotations

from collections.abc import Sequence

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
        """Drop from ``values``; without ``rng``, as in evaluation, nothing.

        ``values`` are [B, L, D] with the place of B rows, or [T, D] with that of T positions.
        """
        if rng is None or self.threshold == 0:
            return values
        # Laid flat, a row wastes no bytes; D, unlike L, is the same in every batch.
        flat = values.flatten(1)
        factors = self.factors((len(flat), flat.shape[1]), rng, values.dtype)
        return values * factors.view(values.shape)

    def factors(self, shape: tuple[int, ...], rng: Rng, dtype: torch.dtype) -> Tensor:
        """Return what values are to be multiplied with: 0, or 1 / (share that is kept)."""
        return self._factors(rng.child(self.name).bytes(shape), dtype)

    def factors_of_each(
        self, places: Sequence[Rng], shapes: Sequence[tuple[int, ...]], dtype: torch.dtype
    ) -> list[Tensor]:
        """Return the factors at each place, drawn at once."""
        children = [place.child(self.name) for place in places]
        drawn, cut = Rng.bytes_of_each(children, shapes)
        return cut(self._factors(drawn, dtype))

    def _factors(self, drawn: Tensor, dtype: torch.dtype) -> Tensor:
        # In place on the drawn bytes: a comparison that makes booleans takes ten times as long.
        return drawn.ge_(self.threshold).to(dtype).mul_(256 / (256 - self.threshold))

    def extra_repr(self) -> str:
        """Show the place and the rounded probability."""
        return f"{self.name!r}, {self.threshold}/256"
