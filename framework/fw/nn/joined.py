"""Parts of one width made one, so that each width is attended to once: views with their source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from fw.interfaces import NO_COLUMNS, Sequences
from fw.nn.packing import cut
from fw.random import Rng


class Joined:
    """Parts of a batch, those of one width below one another: each such group is one of ``wholes``.

    Positions, T of them, are those of the groups behind one another. Of the columns only those
    that are ``named`` are laid.
    """

    def __init__(self, parts: Sequence[Sequences], named: Iterable[str]) -> None:
        groups: dict[tuple[int, bool], list[int]] = {}
        for number, part in enumerate(parts):
            groups.setdefault((part.items.shape[1], part.gaps), []).append(number)
        same = [[parts[number] for number in group] for group in groups.values()]
        self.wholes = [_whole(each, named) for each in same]
        self.order = [number for group in groups.values() for number in group]
        self.shapes = [(len(part.items), part.items.shape[1]) for each in same for part in each]

    def places(self, rngs: Sequence[Rng | None]) -> Rng | None:
        """Return the place of all T positions from the places of each part's rows."""
        given = zip([rngs[number] for number in self.order], self.shapes, strict=True)
        found = [rng.positions(width) for rng, (_, width) in given if rng is not None]
        return Rng.joined(found) if found else None

    def cut(self, values: Tensor) -> list[Tensor]:
        """Return each part ([b, w, ...]) of [T, ...], as a view, in the order of the parts."""
        found = cut(values, self.shapes)
        parts = list(found)
        for number, part in zip(self.order, found, strict=True):
            parts[number] = part
        return parts


def _whole(parts: Sequence[Sequences], named: Iterable[str]) -> Sequences:
    """Lay the rows of parts of one width below one another."""
    if len(parts) == 1:
        return parts[0]
    items, lengths, rows = (torch.cat(each) for each in zip(*(p[:3] for p in parts), strict=True))
    columns = {name: torch.cat([part.columns[name] for part in parts]) for name in named}
    return Sequences(items, lengths, rows, columns or NO_COLUMNS, parts[0].gaps)
