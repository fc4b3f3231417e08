"""Which rows train together: the order of an epoch, its batches, and groups of similar length.

Batches are random. Within a batch the rows are sorted by length and cut into groups, each encoded
at its own width, so that hardly anything is computed on padding, while who shares a batch (and is
compared in a contrastive loss) stays a matter of chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

# A group is cut where the rows have become this much shorter than its longest ...
_SHRINK = 0.75
# ... and it has at least this many positions: smaller ones cost more in calls than they save.
_LEAST_POSITIONS = 256
# Where there are no groups, widths are rounded up to multiples of this.
_STEP = 32


class Group(NamedTuple):
    """Rows ``start`` to ``stop`` of a batch, none of them longer than ``width``."""

    start: int
    stop: int
    width: int


class Plan(NamedTuple):
    """The rows of one step, longest first, and their groups."""

    rows: np.ndarray  # [B] int64
    groups: tuple[Group, ...]
    num_real: int  # items of all rows

    @property
    def width(self) -> int:
        """How many items the longest row has."""
        return self.groups[0].width

    @property
    def num_padded(self) -> int:
        """How many positions the groups have, padding among them."""
        return sum((group.stop - group.start) * group.width for group in self.groups)


def cut_groups(lengths: np.ndarray) -> tuple[Group, ...]:
    """Cut rows, given their lengths ([B], longest first), into groups of similar length."""
    groups, start = [], 0
    for stop in range(1, len(lengths) + 1):
        width = int(lengths[start])
        enough = (stop - start) * width >= _LEAST_POSITIONS
        if stop == len(lengths) or (enough and lengths[stop] < _SHRINK * width):
            groups.append(Group(start, stop, width))
            start = stop
    return tuple(groups)


def plan_batch(rows: np.ndarray, lengths: np.ndarray, *, grouped: bool, most: int = 0) -> Plan:
    """Sort the rows by ``lengths`` ([B]), longest first, and cut them into groups if asked.

    Otherwise all are one group, of one of few widths up to ``most``, so that few shapes come up.
    """
    order = np.argsort(-lengths, kind="stable")
    rows, lengths = rows[order], lengths[order]
    longest = int(lengths[0])
    whole = (Group(0, len(rows), max(longest, min(most, -(-longest // _STEP) * _STEP))),)
    return Plan(rows, cut_groups(lengths) if grouped else whole, int(lengths.sum()))


def epoch_plans(
    rows: np.ndarray,
    lengths: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    grouped: bool = True,
) -> Iterator[Plan]:
    """Yield the batches of an epoch: one pass over ``rows`` in an order of (seed, epoch) alone.

    ``lengths`` ([U]) are the numbers of items to be encoded of every row of the data.
    """
    order = np.random.default_rng((seed, epoch)).permutation(rows)
    most = int(lengths.max(initial=0))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        yield plan_batch(chosen, lengths[chosen], grouped=grouped, most=most)
