"""The candidates of one evaluator: drawn by address, kept between evaluations of the same cases."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from fw.engine.evaluating.counting import count_known
from fw.engine.faults.guards import check_candidates, count_doubled
from fw.interfaces import Evaluator
from fw.random import Rng
from fw.ranking import Cases

_KEPT_AT_MOST = 2**27  # candidates, of 4 bytes each


class DrawnChunk(NamedTuple):
    """Candidates of some cases, and what does not depend on scores."""

    items: Tensor  # [C, R, K] int32
    copies: Tensor  # [C, R] of the target
    known: Tensor  # [C, R] of the history
    doubled: Tensor  # [C, R] that are there already


class Candidates:
    """Draws an evaluator's candidates chunk by chunk, and keeps them while they are few enough.

    What is drawn for a case depends on the evaluation seed, the protocol's name, the case's row and
    the place of its target in it: it is the same for every model, batch size and order.
    """

    def __init__(self, evaluator: Evaluator, seed: int) -> None:
        self.evaluator, self.seed = evaluator, seed
        self._kept: dict[tuple[int, int], DrawnChunk] = {}
        self._room = _KEPT_AT_MOST

    def of(self, cases: Cases, span: tuple[int, int]) -> DrawnChunk | None:
        """Return the candidates of the cases of one chunk, None if the evaluator draws none."""
        if span not in self._kept:
            drawn = self._draw(cases)
            if drawn is None or drawn.items.numel() > self._room:
                return drawn
            self._kept[span] = drawn
            self._room -= drawn.items.numel()
        return self._kept[span]

    def _draw(self, cases: Cases) -> DrawnChunk | None:
        place = Rng.for_rows(self.seed, cases.history_lengths, cases.rows)
        items = self.evaluator.candidates(cases, place.child(self.evaluator.protocol))
        if items is None:
            return None
        check_candidates(items, cases.targets, cases.num_items, self.evaluator)
        copies = (items == cases.targets[:, None, None]).sum(2)
        return DrawnChunk(items.int(), copies, count_known(cases, items), count_doubled(items))
