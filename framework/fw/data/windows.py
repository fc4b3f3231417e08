"""Windows over long histories: training rows that together have every training item as a target."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
    """Parts of users' training items, each a training row: user by user, the newest first."""

    users: np.ndarray  # [W] int64
    firsts: np.ndarray  # [W] int64: the number, from 0, of its oldest item among the user's
    lengths: np.ndarray  # [W] int64
    context: np.ndarray  # [W] int64: so many of its oldest items are targets of an older window


def cut_windows(lengths: np.ndarray, width: int, stride: int) -> Windows:
    """Cut histories of ``lengths`` ([U]) training items into windows of up to ``width``.

    The newest window ends at the newest item, each other one ``stride`` items before the next,
    until one begins with the oldest item. A window's targets are its newest ``stride`` items; those
    of the one that begins with the oldest item are all that it has. So each item is a target of
    just one window, as long as a window predicts ``stride`` items at least.
    """
    counts = 1 + -(-np.maximum(lengths - width, 0) // stride)
    users = np.repeat(np.arange(len(lengths)), counts)
    later = np.arange(len(users)) - np.repeat(counts.cumsum() - counts, counts)
    ends = lengths[users] - later * stride
    sizes = np.minimum(ends, width)
    oldest = later == counts[users] - 1
    context = np.where(oldest, 0, np.maximum(sizes - stride, 0))
    return Windows(users, ends - sizes, sizes, context)
