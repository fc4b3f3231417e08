"""Simulated interactions of any size, written part by part: for trying out what large data costs.

People have a taste, items follow Zipf's law within a taste, and an item is often followed by its
sequel, so that there is something to learn. It is this project's own simulation. A part holds whole
users, with its rows in the order of time, and depends on the seed and its number alone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.parquet

from fw.engine.folders.files import make_folder, refused
from fw.errors import UserError

LEAST = 5  # interactions of a user
_ROWS = 1 << 20  # of a part, about
_SPREAD = 0.75  # standard deviation of the logarithm of the number of items a user has
_TASTE = 1000  # items, about
_HOME, _FOCUS, _SEQUEL = 0.7, 0.85, 0.5  # chances: home taste, within the taste, sequel
_SESSION = 8  # items
_EXPONENT = 0.8  # of Zipf's law
_BEGINNING, _YEARS = 946_684_800, 3 * 365 * 86_400  # 2000-01-01, in seconds since 1970


@attrs.frozen(kw_only=True)
class Sizes:
    """How many users, items and interactions there are: all of them exactly."""

    users: int
    items: int
    interactions: int
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        least = max(LEAST * self.users, self.items)
        if self.interactions < least:
            raise UserError(
                f"{self.interactions:,} interactions are too few: every user has at least {LEAST} "
                f"and every item 1, so at least {least:,}"
            )

    @property
    def tastes(self) -> int:
        """How many groups of items there are."""
        return max(self.items // _TASTE, 1)


def generate(folder: Path, sizes: Sizes) -> Iterator[int]:
    """Write ``user``, ``item``, ``time`` (int64 each) as parts; yield the rows of each.

    ``_metadata`` lists the parts, as is usual for parquet: one that is missing is then found out.
    Raises UserError if there is something at ``folder``, RunError where the disk refuses.
    """
    if folder.exists():
        raise UserError(f"there is already something at {folder.absolute()}")
    make_folder(folder)
    written: list[pa.parquet.FileMetaData] = []
    for number, table in enumerate(_parts(sizes)):
        _write(folder / f"part-{number:05}.parquet", table, written)
        yield len(table)
    pa.parquet.write_metadata(table.schema, folder / "_metadata", metadata_collector=written)


def _write(path: Path, table: pa.Table, written: list[pa.parquet.FileMetaData]) -> None:
    before = len(written)
    try:
        pa.parquet.write_table(table, path, compression="zstd", metadata_collector=written)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise refused(path, error) from error
    for metadata in written[before:]:
        metadata.set_file_path(path.name)


def _parts(sizes: Sizes) -> Iterator[pa.Table]:
    lengths = _lengths(sizes)
    ends = lengths.cumsum()
    count = math.ceil(sizes.interactions / _ROWS)
    cuts = np.searchsorted(ends, np.arange(1, count) * _ROWS, side="left") + 1
    users = [0, *np.unique(cuts.clip(max=sizes.users)).tolist(), sizes.users]
    pairs = [(first, last) for first, last in itertools.pairwise(users) if last > first]
    shown = np.linspace(0, sizes.items, len(pairs) + 1).astype(np.int64)  # items no part may lack
    for number, (first, last) in enumerate(pairs):
        rng = np.random.default_rng([sizes.seed, 1, number])
        surely = np.arange(shown[number], shown[number + 1])
        yield _table(sizes, first, lengths[first:last], surely, rng)


def _lengths(sizes: Sizes) -> np.ndarray:
    """Draw how many interactions each user has: log-normal above the least, and so many in all."""
    weights = np.random.default_rng([sizes.seed, 0]).lognormal(0, _SPREAD, sizes.users)
    free = sizes.interactions - LEAST * sizes.users
    more = np.floor(weights * (free / weights.sum())).astype(np.int64)
    more[: free - int(more.sum())] += 1
    lengths: np.ndarray = more + LEAST
    return lengths


def _table(
    sizes: Sizes, first: int, lengths: np.ndarray, surely: np.ndarray, rng: np.random.Generator
) -> pa.Table:
    owners = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.repeat(lengths.cumsum() - lengths, lengths)
    begins = (rng.random(len(owners)) < 1 / _SESSION) | (np.arange(len(owners)) == starts)
    items = _items(sizes, owners, begins, len(lengths), rng)
    # Somewhere among the rows, so that every item occurs; as many rows as a part is to show.
    items[rng.permutation(len(items))[: len(surely)]] = surely[: len(items)]
    times = _times(lengths, owners, begins, rng)
    order = np.argsort(times, kind="stable")
    columns = {"user": first + owners + 1, "item": _named(sizes, items), "time": times}
    return pa.table({name: values[order] for name, values in columns.items()})


def _items(
    sizes: Sizes, owners: np.ndarray, begins: np.ndarray, users: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw items 0..N-1: item ``taste + tastes * r`` is the r-th most popular of its taste."""
    tastes, size = _tastes(sizes, owners, begins, users, rng), sizes.items // sizes.tastes
    within = tastes + sizes.tastes * _zipf(size, len(owners), rng)
    anywhere = _zipf(sizes.items, len(owners), rng)
    drawn = np.where(rng.random(len(owners)) < _FOCUS, within, anywhere)
    follows = (rng.random(len(owners)) < _SEQUEL) & ~begins
    places = np.arange(len(owners))
    source = np.maximum.accumulate(np.where(follows, 0, places))
    sequels: np.ndarray = drawn[source] + sizes.tastes * (places - source)
    return sequels % sizes.items


def _tastes(
    sizes: Sizes, owners: np.ndarray, begins: np.ndarray, users: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw the taste of every session: the user's own, or another."""
    homes = rng.integers(sizes.tastes, size=users)[owners]
    other = rng.integers(sizes.tastes, size=len(owners))
    tastes = np.where(rng.random(len(owners)) < _HOME, homes, other)
    session = np.maximum.accumulate(np.where(begins, np.arange(len(owners)), 0))
    of_sessions: np.ndarray = tastes[session]
    return of_sessions


def _zipf(size: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw ranks 0..size - 1, by the inverse of a continuous distribution of Zipf's form."""
    power = 1 - _EXPONENT
    ranks = (rng.random(count) * ((size + 1) ** power - 1) + 1) ** (1 / power) - 1
    drawn: np.ndarray = np.minimum(ranks.astype(np.int64), size - 1)
    return drawn


def _named(sizes: Sizes, items: np.ndarray) -> np.ndarray:
    """Return ids 1..N that say nothing about popularity: a permutation, by a linear function."""
    factor = int(sizes.items * 0.618) | 1
    while math.gcd(factor, sizes.items) > 1:
        factor += 2
    named: np.ndarray = items * factor % sizes.items + 1
    return named


def _times(
    lengths: np.ndarray, owners: np.ndarray, begins: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw seconds: a minute or two within a session, days between sessions."""
    pause = np.where(begins, 43_200 + rng.exponential(6 * 86_400, len(begins)), 20)
    sums = ((pause + rng.exponential(70, len(begins))).astype(np.int64) + 1).cumsum()
    before = np.append(0, sums[lengths.cumsum() - 1])[:-1]
    starts = _BEGINNING + rng.integers(_YEARS, size=len(lengths))
    times: np.ndarray = sums - before[owners] + starts[owners]
    return times
