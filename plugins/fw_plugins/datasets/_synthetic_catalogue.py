"""The films of the synthetic data set: popularity, taste, and which one continues which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# How many films a series has: 1, 2, 3 or 4, and how often.
_SERIES_LENGTHS = (0.7, 0.15, 0.1, 0.05)
_SEQUEL_POPULARITY = 0.8  # of a film's, for the film that continues it
_NUMERALS = np.array(["", " II", " III", " IV"], dtype=object)


@attrs.frozen(eq=False)
class Catalogue:
    """Films 0..N-1; film i has the id i + 1."""

    probabilities: np.ndarray  # [tastes, N]: what a person in the mood for a taste reaches for
    tastes: np.ndarray  # [N]
    sequels: np.ndarray  # [N]: the film that continues it, -1 if none does
    quality: np.ndarray  # [N], around 0: what ratings agree on
    titles: np.ndarray  # [N] str
    steps: np.ndarray = attrs.field(init=False)  # [tastes * N]: taste k rises from k to k + 1

    @steps.default
    def _cumulated(self) -> np.ndarray:
        sums = self.probabilities.cumsum(axis=1)
        return (sums / sums[:, -1:] + np.arange(len(sums))[:, None]).ravel()

    @classmethod
    def draw(
        cls, seed: int, num_items: int, *, num_tastes: int, focus: float, popularity_exponent: float
    ) -> Catalogue:
        """Draw a catalogue.

        Series are Zipf-distributed: the weight of the r-th most popular is r to the power of minus
        ``popularity_exponent``. In the mood for a taste, a person keeps to its films with
        probability ``focus`` and otherwise picks from all.
        """
        rng = np.random.default_rng([seed, 0])
        series, parts = _draw_series(rng, num_items)
        weights = _draw_popularity(rng, series, parts, popularity_exponent)
        tastes = rng.integers(num_tastes, size=num_items)[series]
        order = rng.permutation(num_items)  # so that ids say nothing
        return cls(
            probabilities=_mix(weights, tastes, num_tastes, focus)[:, order],
            tastes=tastes[order],
            sequels=_draw_places(series, order),
            quality=rng.normal(0, 0.4, num_items),
            titles=_titles(series, parts)[order],
        )

    @property
    def num_items(self) -> int:
        """The number of films N."""
        return len(self.tastes)

    def frame(self) -> pd.DataFrame:
        """Return title and genre of every film, by its id."""
        import pandas as pd

        genres = "Genre " + (self.tastes + 1).astype(str).astype(object)
        ids = pd.Index(numbered(self.num_items), name="item")
        return pd.DataFrame({"title": self.titles, "genres": genres}, index=ids)


def numbered(count: int) -> np.ndarray:
    """Return the ids "1", "2", ... as objects."""
    return np.arange(1, count + 1).astype(str).astype(object)


def _titles(series: np.ndarray, parts: np.ndarray) -> np.ndarray:
    return "Film " + (series + 1).astype(str).astype(object) + _NUMERALS[parts]


def _draw_series(rng: np.random.Generator, num_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each film its series and which part of it the film is, both from 0."""
    lengths = rng.choice(len(_SERIES_LENGTHS), size=num_items, p=_SERIES_LENGTHS) + 1
    series = np.repeat(np.arange(num_items), lengths)[:num_items]
    first = np.cumsum(lengths) - lengths
    return series, np.arange(num_items) - first[series]


def _draw_popularity(
    rng: np.random.Generator, series: np.ndarray, parts: np.ndarray, exponent: float
) -> np.ndarray:
    ranks = rng.permutation(series[-1] + 1) + 1
    weights: np.ndarray = ranks[series] ** -exponent * _SEQUEL_POPULARITY**parts
    return weights / weights.sum()


def _mix(weights: np.ndarray, tastes: np.ndarray, num_tastes: int, focus: float) -> np.ndarray:
    of_taste = np.where(tastes == np.arange(num_tastes)[:, None], weights, 0.0)  # [tastes, N]
    total = of_taste.sum(axis=1, keepdims=True)
    # A taste without any film (a tiny catalogue) is no different from all films.
    inside = np.divide(of_taste, total, out=np.tile(weights, (num_tastes, 1)), where=total > 0)
    return focus * inside + (1 - focus) * weights


def _draw_places(series: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return for each film, in the new order, where its sequel stands (-1: it has none)."""
    places = np.argsort(order)
    continued = np.append(series[1:] == series[:-1], False)
    sequels = np.where(continued, np.append(places[1:], -1), -1)
    return sequels[order]
