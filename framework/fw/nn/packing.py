"""Parts of a batch behind one another, so that what looks at one position is computed at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from fw.random import Rng

Attend = Callable[[Tensor, Tensor, Tensor, Tensor, Rng | None], Tensor]


class Packing(NamedTuple):
    """How parts of [b, w] positions each lie in one axis of T, and the mask of each.

    Blocks are given it where they would be given a mask; for what they compute for all positions
    alike, [T, D] will do.
    """

    shapes: Sequence[tuple[int, int]]
    masks: Sequence[Tensor]  # [w, w] or [b, w, w]

    def laid(self, parts: Sequence[Tensor]) -> Tensor:
        """Return [T] from a tensor for each part, that can be expanded to its shape."""
        whole = zip(parts, self.shapes, strict=True)
        return torch.cat([part.expand(shape).flatten() for part, shape in whole])

    def cut(self, values: Tensor) -> Sequence[Tensor]:
        """Return the parts ([b, w, ...]) of [T, ...], as views."""
        return cut(values, self.shapes)

    def attend(
        self, attend: Attend, query: Tensor, key: Tensor, value: Tensor, rng: Rng | None
    ) -> Tensor:
        """Attend within each part ([T, D] each): [T, D]. ``rng`` is the place of T positions."""
        places = [None for _ in self.shapes] if rng is None else self.places(rng)
        parts = zip(*map(self.cut, (query, key, value)), self.masks, places, strict=True)
        return torch.cat([attend(*part).flatten(0, 1) for part in parts])

    def places(self, rng: Rng) -> Sequence[Rng]:
        """Return the place of each part's positions."""
        stops = list(accumulate(rows * width for rows, width in self.shapes))
        return [rng.part(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]


def cut(values: Tensor, shapes: Sequence[tuple[int, int]]) -> list[Tensor]:
    """Return parts of such shapes ([b, w, ...]) of [T, ...], as views."""
    parts = zip(torch.split(values, [rows * width for rows, width in shapes]), shapes, strict=True)
    return [part.view(*shape, *values.shape[1:]) for part, shape in parts]
