"""How people of the synthetic data set choose films, and what that says about the next one.

Before each film a person may begin a new session (``new_session``), and then, half of the time,
turns to a taste next to the present one or back to the taste at home. If the last film has a sequel
that was not seen, it follows with probability ``sequel``. Otherwise the film is drawn from what the
taste prefers, among the films not seen yet: nobody rates a film twice.
"""

from __future__ import annotations

import attrs
import numpy as np

from fw_plugins.datasets._synthetic_catalogue import Catalogue

_HOME, _NEIGHBOUR = 0.3, 0.2  # chances, at a new session, to turn there; otherwise the taste stays
_REDRAWS = 16


@attrs.frozen(eq=False)
class State:
    """What choices of some people depend on, one row each."""

    homes: np.ndarray  # [P] taste
    tastes: np.ndarray  # [P] taste of the film before
    last: np.ndarray  # [P] film, -1 before the first
    seen: np.ndarray  # [P, N] bool

    def first(self, count: int) -> State:
        """Return the first so many rows, as views."""
        return State(*(part[:count] for part in (self.homes, self.tastes, self.last, self.seen)))


@attrs.frozen(kw_only=True, eq=False)
class Habits:
    """How all people choose."""

    catalogue: Catalogue
    new_session: float
    sequel: float

    def choose(
        self, state: State, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw the next film of every row: films, tastes, whether a session begins, each [P]."""
        new_session = rng.random(len(state.last)) < self.new_session
        tastes = np.where(new_session, self._turn(state, rng), state.tastes)
        sequels = self._sequels(state)
        follows = (sequels >= 0) & (rng.random(len(sequels)) < self.sequel)
        films = np.where(follows, sequels, self._draw(tastes, follows, state.seen, rng))
        return films, tastes, new_session

    def probabilities(self, state: State) -> np.ndarray:
        """Return the chance of every film to be the next, [P, N]: what ``choose`` draws from."""
        table = self.catalogue.probabilities
        unseen = ~state.seen
        left = unseen @ table.T  # [P, tastes]: how much of each taste's films is left
        weights = self._taste_probabilities(state) / left
        sequels = self._sequels(state)
        follows = np.where(sequels >= 0, self.sequel, 0.0)
        result: np.ndarray = (weights * (1 - follows)[:, None]) @ table * unseen
        result[np.arange(len(sequels)), sequels] += follows  # adds 0 to the last film if none
        return result

    def _turn(self, state: State, rng: np.random.Generator) -> np.ndarray:
        """Draw the tastes of those who begin a new session."""
        luck = rng.random(len(state.tastes))
        step = rng.integers(2, size=len(luck)) * 2 - 1
        neighbours = (state.tastes + step) % len(self.catalogue.probabilities)
        there = np.where(luck < _HOME + _NEIGHBOUR, neighbours, state.tastes)
        return np.where(luck < _HOME, state.homes, there)

    def _taste_probabilities(self, state: State) -> np.ndarray:
        rows, count = np.arange(len(state.tastes)), len(self.catalogue.probabilities)
        result = np.zeros((len(rows), count))
        result[rows, state.tastes] += 1 - self.new_session * (_HOME + _NEIGHBOUR)
        result[rows, state.homes] += self.new_session * _HOME
        for step in (-1, 1):
            neighbours = (state.tastes + step) % count
            result[rows, neighbours] += self.new_session * _NEIGHBOUR / 2
        return result

    def _sequels(self, state: State) -> np.ndarray:
        """Return the unseen sequel of each row's last film, -1 if there is none."""
        sequels = np.where(state.last >= 0, self.catalogue.sequels[state.last], -1)
        return np.where(state.seen[np.arange(len(sequels)), sequels], -1, sequels)

    def _draw(
        self, tastes: np.ndarray, skip: np.ndarray, seen: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw an unseen film for all rows but those to skip: by redrawing, the rest exactly."""
        films = np.full(len(tastes), -1)
        left = np.flatnonzero(~skip)
        for _ in range(_REDRAWS):
            drawn = self._reach(tastes[left], rng)
            fresh = ~seen[left, drawn]
            films[left[fresh]] = drawn[fresh]
            left = left[~fresh]
        weights = np.where(seen[left], 0.0, self.catalogue.probabilities[tastes[left]])
        sums = weights.cumsum(axis=1)
        luck = rng.random((len(left), 1)) * sums[:, -1:]
        films[left] = (sums <= luck).sum(axis=1)
        return films

    def _reach(self, tastes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw a film of each taste, seen or not."""
        count = self.catalogue.num_items
        places = np.searchsorted(
            self.catalogue.steps, tastes + rng.random(len(tastes)), side="right"
        )
        return np.minimum(places - tastes * count, count - 1)
