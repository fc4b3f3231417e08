"""Parts of one width made one, so that each width is attended to once: views with their source."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fw.interfaces import NO_COLUMNS, Sequences
from fw.random import Rng


class Joined:
    """Parts of a batch, those of one width below one another: each such group is one of ``wholes``.

    Positions, T of them, are those of the groups behind one another.
    """

    def __init__(self, parts: Sequence[Sequences]) -> None:
        groups: dict[tuple[int, bool], list[int]] = {}
        for number, part in enumerate(parts):
            groups.setdefault((part.items.shape[1], part.gaps), []).append(number)
        self.wholes = [_whole([parts[number] for number in group]) for group in groups.values()]
        self.order = [number for group in groups.values() for number in group]
        self.shapes = [parts[number].items.shape for number in self.order]

    def places(self, rngs: Sequence[Rng | None]) -> Rng | None:
        """Return the place of all T positions from the places of each part's rows."""
        given = zip([rngs[number] for number in self.order], self.shapes, strict=True)
        found = [rng.positions(width) for rng, (_, width) in given if rng is not None]
        return Rng.joined(found) if found else None

    def cut(self, values: Tensor) -> list[Tensor]:
        """Return each part ([b, w, ...]) of [T, ...], as a view, in the order of the parts."""
        found = torch.split(values, [rows * width for rows, width in self.shapes])
        parts = list(found)
        for number, part, shape in zip(self.order, found, self.shapes, strict=True):
            parts[number] = part.view(*shape, *values.shape[1:])
        return parts


def _whole(parts: Sequence[Sequences]) -> Sequences:
    """Lay the rows of parts of one width below one another."""
    if len(parts) == 1:
        return parts[0]
    items, lengths, rows = (torch.cat(each) for each in zip(*(p[:3] for p in parts), strict=True))
    columns = {name: torch.cat([p.columns[name] for p in parts]) for name in parts[0].columns}
    return Sequences(items, lengths, rows, columns or NO_COLUMNS, parts[0].gaps)
