"""The best that any model could do on the synthetic data set: the true chances of every film."""

from __future__ import annotations

import attrs
import numpy as np

from fw_plugins.datasets._synthetic_log import Log
from fw_plugins.datasets._synthetic_people import Habits, State


@attrs.frozen(eq=False)
class TrueProbabilities:
    """Given rows of the log, the chance that each film had to come there: [rows, N].

    It knows the habits, and the taste that the person was in before, which a model can only guess
    from the films before; a new taste that begins with the row itself it does not know either.
    """

    habits: Habits
    log: Log

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return float64 chances, one row of them for each of ``rows``, each summing to 1."""
        ends = self.log.lengths.cumsum()
        people = np.searchsorted(ends, rows, side="right")
        had = rows - (ends - self.log.lengths)[people]
        last = np.where(had > 0, self.log.films[rows - 1], -1)
        state = State(self.log.homes[people], self.log.tastes[rows], last, self._seen(rows, had))
        return self.habits.probabilities(state)

    def _seen(self, rows: np.ndarray, had: np.ndarray) -> np.ndarray:
        """Return what the person of each row had seen before: the ``had`` films above it."""
        asked = np.repeat(np.arange(len(rows)), had)
        within = np.arange(len(asked)) - (had.cumsum() - had)[asked]
        seen = np.zeros((len(rows), self.habits.catalogue.num_items), dtype=bool)
        seen[asked, self.log.films[(rows - had)[asked] + within]] = True
        return seen
