"""What an evaluation hands to evaluators, and what they hand back.

Shapes: ``C`` cases, ``K`` candidates a case, drawn ``R`` times, ``N`` items numbered 1..N.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import Tensor

# Which items a target is not ranked with: those of the case's history, those that its user was
# trained on, or none.
Exclusion = Literal["seen", "train", "none"]


class Counts(NamedTuple):
    """Where the target of each case stands among the items it was ranked with, each [C] int64.

    ``better`` items score higher than the target, ``tied`` ones the same (the target itself not
    counted), out of ``eligible`` (the target not counted).
    """

    better: Tensor
    tied: Tensor
    eligible: Tensor


class Cases(NamedTuple):
    """Some cases of an evaluation, on the device: one input sequence with one target each.

    ``seen`` are the distinct items of a case's whole history, sorted, laid one case after the
    other; case c has ``seen[offsets[c]:offsets[c + 1]]``. ``trained`` and ``train_offsets`` hold
    the same for the items that the case's user was trained on.
    """

    ids: Tensor  # [C] int64, number of the case within its split
    rows: Tensor  # [C] int64, row of the store
    targets: Tensor  # [C] int64
    history_lengths: Tensor  # [C] int64, before it is cut to max_len
    seen: Tensor
    offsets: Tensor  # [C + 1] int64
    trained: Tensor
    train_offsets: Tensor  # [C + 1] int64
    num_items: int

    def excluded(self, rule: Exclusion) -> tuple[Tensor, Tensor]:
        """Return the excluded items ([S] int64), and for each the number (from 0) of its case."""
        items, offsets = {
            "seen": (self.seen, self.offsets),
            "train": (self.trained, self.train_offsets),
            "none": (self.seen[:0], torch.zeros_like(self.offsets)),
        }[rule]
        numbers = torch.arange(len(self.ids), device=items.device)
        owners = torch.repeat_interleave(numbers, offsets.diff(), output_size=len(items))
        return items.to(torch.int64), owners


class Drawn(NamedTuple):
    """Where the target of each case stands among the candidates that were drawn for it.

    ``counts`` are [C, R]. ``copies`` ([C, R]) of the candidates are the target itself, drawn again;
    ``known`` ([C, R]) are other items of the case's history, ``doubled`` ([C, R]) are candidates
    that had been drawn before. ``sha256`` is a fingerprint of all candidates.
    """

    counts: Counts
    copies: Tensor
    known: Tensor
    doubled: Tensor
    sha256: str


class Lists(NamedTuple):
    """What would be recommended in each case, and how often items occur in training."""

    items: Tensor  # [C, k] int32, best first, PAD where fewer are eligible
    item_counts: Tensor  # [N + 2] int64, training interactions


class Ranking(Protocol):
    """What one scoring pass found out, for an evaluator to make metrics of. Tensors on the host."""

    @property
    def seed(self) -> int:
        """The seed that candidates are drawn with."""

    def counts(self, exclude: Exclusion) -> Counts:
        """Count among all items but the excluded; a target is never excluded."""

    def weights(self, exclude: Exclusion) -> Counts:
        """Sum this evaluator's ``item_weights`` over the items that ``counts`` counts."""

    def repeats(self, exclude: Exclusion) -> Tensor:
        """Return [C] bool: the target is itself one of the items that the rule excludes."""

    def among_candidates(self) -> Drawn:
        """Count among the candidates that this evaluator drew."""

    def lists(self) -> Lists:
        """Return the lists that this evaluator asked for with ``top_lists``."""


class Metric(NamedTuple):
    """The mean of a metric over the cases and its standard error over them."""

    value: float
    standard_error: float


class Metrics(NamedTuple):
    """What an evaluator reports: metrics by name (``"hr@10"``), and what is behind them."""

    values: Mapping[str, Metric]
    counts: Counts  # per case; of the first draw where candidates were drawn several times
    notes: Mapping[str, Any] = MappingProxyType({})  # e.g. how many targets are repeats
    per_case: Mapping[str, Any] = MappingProxyType({})  # by name, [C] float64 of numpy
    weights: Counts | None = None  # summed weights per case, where metrics come from those
