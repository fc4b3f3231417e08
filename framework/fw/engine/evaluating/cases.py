"""The cases of a split on a device: histories, targets, and the items that may be excluded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from fw.data.flat import FlatRows
from fw.data.split import CaseList, Split
from fw.engine.evaluating.drawing import Candidates
from fw.engine.steps.batches import cut_groups
from fw.interfaces import Cases, Evaluator, Sequences

# Scores that are held at once; two bools of each, and for sums of weights a double, beside them.
_SCORES_AT_ONCE = {"cpu": 2**24, "cuda": 2**27}


class CaseStore(FlatRows):
    """The cases of one split, longest history first, so that chunks of them need little padding.

    That order does not depend on the order of the case list; ``order`` gives the number that each
    case has in the list.
    """

    ids: Tensor  # [C] int64, as ``order``
    rows: Tensor  # [C] int64
    ends: Tensor  # [C] int64
    targets: Tensor  # [C] int64

    def __init__(
        self, split: Split, case_list: CaseList, columns: Mapping[str, np.ndarray] | None = None
    ) -> None:
        super().__init__(split.store, columns)
        self.order = np.lexsort((case_list.rows, -case_list.ends))
        self.host_rows, self.host_ends = case_list.rows[self.order], case_list.ends[self.order]
        self.user_ids, self.num_items = split.store.user_ids, split.store.num_items
        self.item_counts = torch.from_numpy(split.item_counts)  # [N + 2], on the host
        self._keep("ids", self.order)
        self._keep("rows", self.host_rows)
        self._keep("ends", self.host_ends)
        self._keep("targets", self._host_items(self.host_ends, 1).astype(np.int64))
        trained = split.train_lengths[self.host_rows]
        self.bounds = {
            "seen": self._keep_list("seen", self.host_ends),
            "trained": self._keep_list("trained", trained),
        }
        self._candidates: dict[tuple[str, int, torch.device], Candidates] = {}

    def __len__(self) -> int:
        return len(self.order)

    def spans(self, batch_size: int, max_len: int) -> Iterator[tuple[int, int]]:
        """Cut the cases into chunks whose scores fit into memory.

        On a CPU a chunk also ends where histories, of at most ``max_len`` items, get much shorter.
        """
        device = self.items.device.type
        fitting = _SCORES_AT_ONCE.get(device, 2**24) // (self.num_items + 2)
        size = max(min(batch_size, fitting), 1)
        lengths = np.minimum(self.host_ends, max_len)
        for first in range(0, len(self), size):
            last = min(first + size, len(self))
            groups = cut_groups(lengths[first:last]) if device == "cpu" else ((0, last - first, 0),)
            for start, stop, _ in groups:
                yield first + start, first + stop

    def chunk(self, first: int, last: int) -> Cases:
        """Return the cases ``first`` to ``last`` of this store's order."""
        return Cases(
            self.ids[first:last],
            self.rows[first:last],
            self.targets[first:last],
            self.ends[first:last],
            *self._list("seen", first, last),
            *self._list("trained", first, last),
            self.num_items,
        )

    def histories(self, first: int, last: int, max_len: int) -> Sequences:
        """Return the newest ``max_len`` items of their histories, as wide as the longest."""
        width = max(min(int(self.host_ends[first]), max_len), 1)
        return self.window(self.rows[first:last], self.ends[first:last], width)

    def candidates_of(self, evaluator: Evaluator, seed: int) -> Candidates:
        """Return the drawer of an evaluator's candidates, with what it kept from earlier use."""
        key = (evaluator.protocol, seed, self.items.device)
        if key not in self._candidates or self._candidates[key].evaluator is not evaluator:
            self._candidates[key] = Candidates(evaluator, seed)
        return self._candidates[key]

    def user_of(self, place: int) -> str:
        """Return the raw id of the user of the case at a place in this store's order."""
        return str(self.user_ids[self.host_rows[place]])

    def restored(self, values: Tensor) -> Tensor:
        """Bring values ([C, ...]) in this store's order back into that of the case list."""
        result = torch.empty_like(values)
        result[torch.from_numpy(self.order)] = values
        return result

    def _list(self, name: str, first: int, last: int) -> tuple[Tensor, Tensor]:
        bounds = self.bounds[name]
        offsets: Tensor = getattr(self, f"{name}_offsets")
        part: Tensor = getattr(self, name)[bounds[first] : bounds[last]]
        return part, offsets[first : last + 1] - offsets[first]

    def _keep_list(self, name: str, ends: np.ndarray) -> np.ndarray:
        """Keep each case's distinct items before number ``ends``; return where each case starts."""
        stride = self.num_items + 1
        keys = _distinct(_repeated(ends) * stride + self._host_items(np.zeros_like(ends), ends))
        bounds = np.searchsorted(keys, np.arange(len(ends) + 1) * stride)
        self._keep(name, (keys % stride).astype(np.int32))
        self._keep(f"{name}_offsets", bounds)
        return bounds

    def _host_items(self, firsts: np.ndarray, counts: np.ndarray | int) -> np.ndarray:
        """Return ``counts`` items of each case's row from number ``firsts`` on, laid flat."""
        counts = np.broadcast_to(counts, firsts.shape)
        starts = self.starts.numpy()[self.host_rows] + firsts
        within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        return np.asarray(self.items.numpy()[np.repeat(starts, counts) + within])


def _distinct(keys: np.ndarray) -> np.ndarray:
    """Sort and leave repeats out: what np.unique does, which takes thirty times as long here."""
    ordered = np.sort(keys)
    first = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    return np.asarray(ordered[first])


def _repeated(counts: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)
