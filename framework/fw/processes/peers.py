"""What a run asks of the processes that train it together; here for one that trains alone.

Everything is the identity, so that a single process pays for none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from torch import Tensor, nn

if TYPE_CHECKING:
    from fw.engine.steps.batches import Plan
    from fw.interfaces import Batch, LossTerm, Negatives, Sampler
    from fw.random import Rng
    from fw.stopping import Stop

T = TypeVar("T")


class Peers:
    """The process itself: number ``rank`` of ``number``, the ``first`` of which owns the folder."""

    rank, number = 0, 1

    @property
    def first(self) -> bool:
        """Whether this process writes the run folder and talks to the user."""
        return self.rank == 0

    def own(self, plans: Sequence[Plan], lengths: np.ndarray) -> Sequence[Plan]:
        """Return this process's part of each batch; ``lengths`` ([U]) are those of all rows."""
        return plans

    def begin(self, rows: int) -> None:
        """Begin a step of a batch of so many rows, all processes' together."""

    def whole(self, rows: Tensor) -> Tensor:
        """Return the whole batch's rows ([B, ...]) of this process's ([b, ...]), with gradient."""
        return rows

    def of_all(self, terms: Sequence[LossTerm]) -> Sequence[LossTerm]:
        """Return terms whose mean over the processes is that of the whole batch."""
        return terms

    def drawn(self, sampler: Sampler, batch: Batch, rng: Rng) -> Negatives:
        """Draw negatives; a set that a batch shares is one for all processes."""
        return sampler(batch, rng)

    def synchronised(self, step: nn.Module) -> nn.Module:
        """Return the step, with a backward pass that leaves the whole batch's gradient in all."""
        return step

    def settled(self, values: Tensor) -> Tensor:
        """Return the mean over all processes."""
        return values

    def on_machine(self, seconds: float) -> float:
        """Return the sum over the processes that are on the same machine as this one."""
        return seconds

    def part(self, values: Sequence[T]) -> Sequence[T]:
        """Return those of some values that are this process's to work on."""
        return values

    def gathered(self, values: Sequence[T]) -> Sequence[T]:
        """Return what all made of their parts, in the first process; in others only their own."""
        return values

    def from_first(self, call: Callable[[], T]) -> T:
        """Call in the first process; return in all of them what that gave."""
        return call()

    def alike(self, module: nn.Module) -> None:
        """Give a module the state that it has in the first process."""

    def agree(self, stop: Stop, due: bool = False) -> bool:
        """Raise Stopped in all if one was asked to stop; return whether it is due for the first."""
        stop.check()
        return due

    def require_same(self, what: str, text: str) -> None:
        """Raise UserError in all processes unless all have the same ``text``."""

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Let the first process of each machine go ahead, and the others follow."""
        yield

    def describe(self) -> dict[str, Any]:
        """Return what ``environment.json`` says of them."""
        return {}


ALONE = Peers()
