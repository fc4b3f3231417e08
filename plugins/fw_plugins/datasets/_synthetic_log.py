"""What the people of the synthetic data set leave behind: films, times and ratings, in order."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from fw_plugins.datasets._synthetic_catalogue import Catalogue
from fw_plugins.datasets._synthetic_people import Habits, State

# Bounds the memory of who has seen what; part of what a seed means, so not to be changed lightly.
_SEEN_CELLS, _MOST_PEOPLE = 1 << 25, 4096
_LENGTH_SPREAD = 0.75  # standard deviation of the logarithm of the number of films a person rates
_BEGINNING = 946_684_800  # 2000-01-01, in seconds since 1970
_YEARS = 3 * 365 * 86_400


@attrs.frozen(eq=False)
class Log:
    """Everyone's films, one person after the other, oldest first."""

    lengths: np.ndarray  # [U]
    homes: np.ndarray  # [U] taste at home
    films: np.ndarray  # [T] int32, from 0
    tastes: np.ndarray  # [T] int16, the taste before each film was chosen
    times: np.ndarray  # [T] int64 seconds, rising for each person
    ratings: np.ndarray  # [T] 1..5

    @classmethod
    def joined(cls, parts: list[Log]) -> Log:
        """Lay logs one after the other."""
        names = [field.name for field in attrs.fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def simulate(habits: Habits, *, seed: int, num_users: int, mean_length: float, least: int) -> Log:
    """Simulate everyone, a lot of people at a time, each lot with random numbers of its own."""
    size = int(np.clip(_SEEN_CELLS // habits.catalogue.num_items, 1, _MOST_PEOPLE))
    return Log.joined(
        [
            _simulate_some(
                habits,
                _draw_lengths(
                    rng, min(size, num_users - start), mean_length, least, habits.catalogue
                ),
                rng,
            )
            for start, rng in _lots(seed, num_users, size)
        ]
    )


def _lots(seed: int, num_users: int, size: int) -> Iterator[tuple[int, np.random.Generator]]:
    for lot, start in enumerate(range(0, num_users, size)):
        yield start, np.random.default_rng([seed, 1, lot])


def _draw_lengths(
    rng: np.random.Generator, count: int, mean: float, least: int, catalogue: Catalogue
) -> np.ndarray:
    """Draw how many films each person rates: log-normal, from ``least`` to half of all."""
    drawn = rng.lognormal(np.log(mean) - _LENGTH_SPREAD**2 / 2, _LENGTH_SPREAD, count)
    return np.clip(drawn.round().astype(np.int64), least, max(catalogue.num_items // 2, least))


def _simulate_some(habits: Habits, lengths: np.ndarray, rng: np.random.Generator) -> Log:
    """Take people through their films together, sorted so that the busy ones are a slice."""
    order = np.argsort(-lengths, kind="stable")
    shape = (len(lengths), int(lengths.max()))
    films, tastes = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int16)
    begins = np.zeros(shape, dtype=bool)
    state = _beginning(habits, len(lengths), rng)
    for step in range(shape[1]):
        busy = int(np.searchsorted(-lengths[order], -step))  # rows that have more than step films
        now = state.first(busy)
        tastes[:busy, step] = now.tastes
        films[:busy, step], now.tastes[:], begins[:busy, step] = habits.choose(now, rng)
        now.last[:] = films[:busy, step]
        now.seen[np.arange(busy), now.last] = True
    back = np.argsort(order)
    real = np.arange(shape[1]) < lengths[:, None]
    flat = [part[back][real] for part in (films, tastes, begins)]
    return _with_times_and_ratings(habits.catalogue, lengths, state.homes[back], *flat, rng)


def _beginning(habits: Habits, count: int, rng: np.random.Generator) -> State:
    homes = rng.integers(len(habits.catalogue.probabilities), size=count)
    seen = np.zeros((count, habits.catalogue.num_items), dtype=bool)
    return State(homes, homes.copy(), np.full(count, -1), seen)


def _with_times_and_ratings(
    catalogue: Catalogue,
    lengths: np.ndarray,
    homes: np.ndarray,
    films: np.ndarray,
    tastes: np.ndarray,
    begins: np.ndarray,
    rng: np.random.Generator,
) -> Log:
    people = np.repeat(np.arange(len(lengths)), lengths)
    times = _draw_times(lengths, people, begins, rng)
    kindness = rng.normal(0, 0.4, len(lengths))[people]
    liking = np.where(catalogue.tastes[films] == homes[people], 0.5, 0.0)
    opinion = 3.4 + kindness + liking + catalogue.quality[films] + rng.normal(0, 0.7, len(films))
    ratings = np.clip(opinion.round(), 1, 5)
    return Log(lengths, homes, films, tastes, times, ratings)


def _draw_times(
    lengths: np.ndarray, people: np.ndarray, begins: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw seconds: a film every minute or two within a session, days between sessions."""
    pause = np.where(begins, 43_200 + rng.exponential(6 * 86_400, len(begins)), 20)
    gaps = (pause + rng.exponential(70, len(begins))).astype(np.int64) + 1
    sums = gaps.cumsum()
    before = np.append(0, sums[lengths.cumsum() - 1])[:-1]  # what others took
    starts = _BEGINNING + rng.integers(_YEARS, size=len(lengths))
    return sums - before[people] + starts[people]
