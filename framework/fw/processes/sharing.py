"""Which rows of a batch are whose: dealt out in turn, so that all have long ones and short ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fw.engine.steps.batches import Group, Plan, cut_groups
from fw.interfaces import Batch, Negatives, Sequences
from fw.processes.peers import Peers


def own_plan(plan: Plan, lengths: np.ndarray, rank: int, number: int, *, grouped: bool) -> Plan:
    """Return the plan of rows ``rank``, ``rank + number``, ... of a batch, longest first.

    As wide as the whole batch, so that all processes have tensors of the same width. One for which
    no row is left stands in with the first: it has to take part in every step.
    """
    rows = plan.rows[own_rows(len(plan.rows), rank, number)]
    groups = cut_groups(lengths[rows]) if grouped else plan.groups[:1]
    first = Group(0, groups[0].stop if grouped else len(rows), plan.width)
    return Plan(rows, (first, *groups[1:]), int(lengths[rows].sum()))


def own_rows(total: int, rank: int, number: int) -> slice:
    """Return which of a batch's rows a process has."""
    return slice(rank, total, number) if rank < total else slice(0, 1)


def whole_batch(batch: Batch, peers: Peers) -> Batch:
    """Return the batch of all processes."""
    inputs, targets, history = (_whole(part, peers) for part in batch[:3])
    places = None if batch.places is None else peers.whole(batch.places)
    return Batch(inputs, targets, history, places)


def _whole(part: Sequences, peers: Peers) -> Sequences:
    items, lengths, rows = map(peers.whole, part[:3])
    columns = {name: peers.whole(column) for name, column in part.columns.items()}
    return Sequences(items, lengths, rows, columns, part.gaps)


def cut_shared(negatives: Negatives, rows: slice) -> Negatives:
    """Return a set that all rows share with what it is to some of them."""
    items, log_probability, collides, target = negatives
    return Negatives(
        items, log_probability, collides[rows], None if target is None else target[rows]
    )


def interleaved(parts: Sequence[Sequence[object]]) -> list[object]:
    """Return in their order what was dealt out in turn."""
    longest = max(map(len, parts))
    return [part[i] for i in range(longest) for part in parts if i < len(part)]
