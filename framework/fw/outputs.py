"""What components return in a step, looked at as far as the host may: shapes and devices.

A wrong shape is often no error by itself: it is broadcast, and the run trains on something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from fw.interfaces import Batch, LossTerm, Negatives, Sequences

_finite_required: list[bool] = []  # not empty while :func:`finite_required` lasts


class WrongOutput(ValueError):  # noqa: N818 (what it says is what happened)
    """A component returned what its protocol does not allow."""

    def __init__(self, kind: str, component: object, message: str) -> None:
        super().__init__(f"it returned {message}")
        self.kind, self.component = kind, component


@contextmanager
def finite_required() -> Iterator[None]:
    """Also refuse what is not finite; for a search only, since the host waits for each value."""
    _finite_required.append(True)
    try:
        yield
    finally:
        _finite_required.pop()


def checked_batch(batch: Batch, history: Sequences, task: object) -> Batch:
    """Return a task's batch: inputs and targets of one shape, a row for each of the history's."""
    rows, width = len(history.lengths), batch.inputs.items.shape[-1]
    _require("task", task, "inputs", batch.inputs.items, (rows, width), history.items)
    _require("task", task, "targets", batch.targets.items, (rows, width), history.items)
    return batch


def checked_negatives(negatives: Negatives, batch: Batch, sampler: object) -> Negatives:
    """Return a sampler's negatives: [B, L, K], or [K] for the whole batch."""
    targets, items = batch.targets.items, negatives.items
    whole = (*targets.shape, items.shape[-1])
    wanted = (items.shape[-1],) if items.dim() == 1 else whole
    _require("sampler", sampler, "negatives", items, wanted, targets)
    _require(
        "sampler", sampler, "their log_probability", negatives.log_probability, wanted, targets
    )
    _require("sampler", sampler, "collides", negatives.collides, whole, targets)
    return negatives


def checked_hidden(hidden: Tensor, inputs: Sequences, encoder: object, size: int) -> Tensor:
    """Return an encoder's hidden states: [B, L, D]."""
    _require("encoder", encoder, "hidden states", hidden, (*inputs.items.shape, size), inputs.items)
    return hidden


def checked_view(view: Sequences, source: Sequences, augmenter: object) -> Sequences:
    """Return an augmenter's view: a row for each row, of a width of its own."""
    rows, width = source.items.shape[0], view.items.shape[-1]
    _require("augmenter", augmenter, "items", view.items, (rows, width), source.items)
    _require("augmenter", augmenter, "lengths", view.lengths, (rows,), source.items)
    return view


def checked_pooled(pooled: Tensor, hidden: Tensor, pooling: object) -> Tensor:
    """Return a pooling's vectors: [B, P]."""
    _require(
        "pooling", pooling, "pooled vectors", pooled, (hidden.shape[0], pooled.shape[-1]), hidden
    )
    return pooled


def checked_term(term: LossTerm, loss: object, like: Tensor) -> LossTerm:
    """Return a loss's term: a total and a count, each a single number."""
    _require("loss", loss, "totals", term.total, (), like)
    _require("loss", loss, "counts", term.count, (), None)
    return term


def _require(
    kind: str,
    component: object,
    what: str,
    found: Tensor,
    shape: Sequence[int],
    like: Tensor | None,
) -> None:
    wrong = ""
    if found.shape != torch.Size(shape):
        wrong = f"of shape {list(found.shape)}, it should be {list(shape)}"
    elif like is not None and found.device != like.device:
        wrong = f"on {found.device}, where the step is on {like.device}"
    elif _finite_required and found.is_floating_point() and not bool(found.isfinite().all()):
        wrong = "that are not finite"
    if wrong:
        raise WrongOutput(kind, component, f"{what} {wrong}")
