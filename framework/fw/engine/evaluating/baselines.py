"""Scorers without training: what any model should beat, and the best that can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fw.data.interactions import Oracle
from fw.data.sequences import SequenceStore
from fw.data.split import Split
from fw.engine.evaluating.evaluation import Scorer
from fw.interfaces import Cases, Info, Sequences

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Chance:
    """The same score for every item: by the rule for ties, exactly the value of chance."""

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Return zeros: [C, N + 2]."""
        return torch.zeros(1, device=cases.ids.device).expand(len(cases.ids), cases.num_items + 2)


class Popularity:
    """How often an item occurs in training, repeats counted."""

    def __init__(self, item_counts: Tensor) -> None:
        self.counts = item_counts.float()

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Return the same counts for every case: [C, N + 2]."""
        return self.counts.to(cases.ids.device).expand(len(cases.ids), -1)


class LastItem:
    """How often an item came right after the newest one in training; ties by popularity."""

    def __init__(self, split: Split, item_counts: Tensor) -> None:
        counts = item_counts.float()
        self.tie_break = counts / (counts.max() + 1)  # below 1, one transition
        self.transitions = _transitions(split)

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Return transition counts plus a fraction for popularity: [C, N + 2]."""
        rows = self.transitions[history.newest_items().cpu().numpy()].toarray()
        device = cases.ids.device
        return torch.from_numpy(rows).to(device) + self.tie_break.to(device)


class Oracular:
    """The true probabilities with which synthetic data were made: no model can be better."""

    def __init__(self, store: SequenceStore, oracle: Oracle) -> None:
        self.store, self.oracle = store, oracle

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Return the probability of every item to come next: [C, N + 2]."""
        places = self.store.offsets[cases.rows.cpu().numpy()] + cases.history_lengths.cpu().numpy()
        likely = self.oracle(self.store.source_rows[places])
        scores = torch.from_numpy(np.ascontiguousarray(likely)).float().to(cases.ids.device)
        return torch.nn.functional.pad(scores, (1, 1))


def baselines(split: Split, info: Info) -> dict[str, Scorer]:
    """Return the baselines by name; the oracle is among them where the data know it."""
    known: dict[str, Scorer] = {
        "chance": Chance(),
        "popularity": Popularity(info.item_counts),
        "last_item": LastItem(split, info.item_counts),
    }
    oracle = split.store.oracle
    return known if oracle is None else {**known, "oracle": Oracular(split.store, oracle)}


def _transitions(split: Split) -> csr_array:
    """Count, in the training parts, how often one item came right after another: [N + 2, N + 2]."""
    from scipy.sparse import csr_array  # slow to import: not before the first step

    store, trained = split.store, split.is_trained()
    pairs = trained[1:] & ~store.starts_row()[1:]  # a training part is a row's oldest
    size = store.num_items + 2
    before, after = store.items[:-1][pairs], store.items[1:][pairs]
    ones = np.ones(len(before), dtype=np.float32)
    return csr_array((ones, (before, after)), shape=(size, size))  # repeated pairs are added up
