"""What a splitter gives: training parts, and cases to be predicted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np

from fw.data.sequences import SequenceStore, count_items


@attrs.frozen(eq=False)
class CaseList:
    """Cases as places in the store: one input sequence with one target each.

    The target of case c is item number ``ends[c]`` (from 0) of row ``rows[c]``; its history is
    everything before that.
    """

    rows: np.ndarray  # [C] int64
    ends: np.ndarray  # [C] int64

    def __len__(self) -> int:
        return len(self.rows)


@attrs.frozen(eq=False, kw_only=True)
class Split:
    """Training parts and cases; a row is trained on its oldest ``train_lengths[row]`` items."""

    store: SequenceStore
    train_lengths: np.ndarray  # [U] int64
    valid: CaseList
    test: CaseList
    report: Mapping[str, Any] = MappingProxyType({})  # counts, by rule: printed and stored

    def is_trained(self) -> np.ndarray:
        """Return bool, [T]: interactions of the store that belong to a training part."""
        lengths = self.store.lengths
        trained = np.clip(self.train_lengths, 0, lengths)
        # Of each row first those that are trained on, then the others: a byte each, and no more.
        both = np.column_stack([trained, lengths - trained]).ravel()
        return np.repeat(np.tile([True, False], len(lengths)), both)

    @cached_property
    def item_counts(self) -> np.ndarray:
        """How often each item occurs in the training parts, PAD and mask token too: [N + 2]."""
        return count_items(self.store, self.is_trained())
