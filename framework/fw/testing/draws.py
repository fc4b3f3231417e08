"""Watching where random numbers come from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from fw.random import Rng, _mix
from fw.testing.messages import broken

SEED = 5


class RecordedRng(Rng):
    """A place that keeps what was drawn from it and from all places below it."""

    __slots__ = ("draws", "name")

    def __init__(
        self, plain: Rng, name: str = "rng", draws: list[tuple[str, Tensor]] | None = None
    ) -> None:
        super().__init__(plain._row_words, plain._path)
        self.name, self.draws = name, [] if draws is None else draws

    def child(self, name: str) -> RecordedRng:
        """Return the place below, which records into the same list."""
        return RecordedRng(super().child(name), f"{self.name}.child({name!r})", self.draws)

    def part(self, start: int, stop: int) -> RecordedRng:
        """Return the place for some rows, which records into the same list."""
        return RecordedRng(super().part(start, stop), self.name, self.draws)

    def positions(self, length: int) -> RecordedRng:
        """Return the places of each row's positions, which record into the same list."""
        return RecordedRng(super().positions(length), f"{self.name}.positions", self.draws)

    def columns(self, rows: int, start: int, stop: int) -> RecordedRng:
        """Return the places of some positions, which record into the same list."""
        return RecordedRng(super().columns(rows, start, stop), self.name, self.draws)

    def _states(self, shape: tuple[int, ...]) -> Tensor:
        """Keep what is drawn; every kind of draw is made of these words."""
        states = super()._states(shape)
        self.draws.append((self.name, _mix(states.flatten().clone())))  # the caller mixes its own
        return states

    def plain(self) -> Rng:
        """Return the place without the record."""
        return Rng(self._row_words, self._path)

    def shared(self) -> tuple[str, str] | None:
        """Return the names of the first two draws that have a number in common."""
        for number, (name, drawn) in enumerate(self.draws):
            for earlier, before in self.draws[:number]:
                if torch.isin(drawn, before).any():
                    return earlier, name
        return None


def place(rows: Tensor, epoch: int = 1) -> RecordedRng:
    """Return a place to draw from for ``rows`` ([B])."""
    return RecordedRng(Rng.for_rows(SEED, epoch, rows).child("component"))


@contextmanager
def drawing_by_address_only() -> Iterator[None]:
    """Find draws from generators that go on from draw to draw, torch's, numpy's and Python's."""
    before = _states()
    yield
    for (owner, state), now in zip(before.items(), _states().values(), strict=True):
        if state != now:
            broken(
                f"draws from the global generator of {owner}",
                "draw from the rng that is given: rng.uniform(shape), rng.integers(shape, high)",
            )


def _states() -> dict[str, object]:
    # The position counts too: numpy's key changes only every 624 draws.
    _, key, position, *_ = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state().tolist(),
        "numpy": (np.asarray(key).tobytes(), position),
        "Python": random.getstate(),
    }
