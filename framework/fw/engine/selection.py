"""Which epoch's weights are kept, and when training stops: by validation alone."""

from __future__ import annotations

import math
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Selection:
    """How far a run has come. Plain values only: it is part of every checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best_value: float = -math.inf
    waited: int = 0  # evaluations since the best one
    train_seconds: tuple[float, ...] = ()  # one an epoch
    evaluate_seconds: tuple[float, ...] = ()  # one an evaluation

    def trained(self, epoch: int, seconds: float) -> Selection:
        """Note an epoch of training."""
        return attrs.evolve(self, epoch=epoch, train_seconds=(*self.train_seconds, seconds))

    def evaluated(self, value: float, seconds: float) -> Selection:
        """Note an evaluation; a value that is not a number counts as no improvement."""
        noted = attrs.evolve(self, evaluate_seconds=(*self.evaluate_seconds, seconds))
        if value > self.best_value:
            return attrs.evolve(noted, best_epoch=self.epoch, best_value=value, waited=0)
        return attrs.evolve(noted, waited=self.waited + 1)

    def chosen(self) -> Selection:
        """Note that the newest epoch is the best, without a look at validation."""
        return attrs.evolve(self, best_epoch=self.epoch)

    @property
    def improved(self) -> bool:
        """Whether the newest epoch is the best."""
        return self.best_epoch == self.epoch

    def finished(self, epochs: int, patience: int) -> bool:
        """Whether training is over: all epochs trained, or no improvement for too long."""
        return self.epoch >= epochs or self.waited >= patience

    def plain(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return attrs.asdict(self)

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Selection:
        """Restore what :meth:`plain` gave."""
        tuples = {name: tuple(values[name]) for name in ("train_seconds", "evaluate_seconds")}
        return cls(**{**values, **tuples})
