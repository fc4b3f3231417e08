"""Sequence to one: the items before it predict the newest, and nothing else is predicted."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs
import torch
from torch import Tensor

from fw import Batch, Info, Sequences, hookimpl
from fw.augmentation import take
from fw.random import Rng


@attrs.frozen(kw_only=True)
class LastItem:
    """Only the newest item of each row is a target, and it is not among the inputs.

    What GRU4Rec (Tan et al., DLRS 2016), Caser (Tang and Wang, WSDM 2018) and all sequential models
    of RecBole are trained on; it goes with any encoder, causal or not. Those make a row of every
    prefix of a history. With ``prefix = "random"`` each epoch draws one of each history's
    prefixes, uniformly among those of two items or more within its newest ``max_len + 1``, so that
    over epochs all of them are trained on; with ``"whole"`` it is always the whole history.
    """

    min_items: ClassVar[int] = 2
    ahead: ClassVar[int] = 1
    requires_causal: ClassVar[bool] = False

    prefix: Literal["whole", "random"] = attrs.field(
        default="whole", metadata={"help": "whose newest item it is: the history's, or a prefix's"}
    )

    def __call__(self, history: Sequences, rng: Rng) -> Batch:
        """Take the items before the target as inputs: [B, L - 1]."""
        lengths = self._lengths(history.lengths, rng)
        places = torch.arange(history.items.shape[1] - 1, device=lengths.device)
        places = places.expand(len(lengths), -1)
        inputs, following = (take(history, places + later, lengths) for later in (0, 1))
        newest = torch.where(following.is_newest(), following.items, 0)
        return Batch(inputs, following._replace(items=newest), history)

    def query(self, history: Sequences) -> Sequences:
        """Take the history as it is: its newest position predicts what comes next."""
        return history

    def num_targets(self, width: int) -> int:
        """Return 1: losses are made of one position of each row."""
        return 1

    def target_counts(self, info: Info) -> Tensor:
        """Return how often each item is expected to be a target in an epoch: [N + 2] float64."""
        before = (info.training.lengths - 1).clamp(min=0, max=info.max_len)
        numbers = before if self.prefix == "random" else before.clamp(max=1)
        weights = 1 / numbers.clamp(min=1)
        return info.training.count_newest(numbers, weights, info.num_items)

    def _lengths(self, lengths: Tensor, rng: Rng) -> Tensor:
        """Return how many items stand before the target of rows of ``lengths`` ([B]): [B]."""
        before = (lengths - 1).clamp(min=0)
        if self.prefix == "whole":
            return before
        drawn = rng.integers(tuple(before.shape), before.clamp(min=1)) + 1
        return torch.minimum(drawn, before)


@hookimpl
def register_tasks(register):
    """Offer ``last_item``."""
    register("last_item", LastItem)
