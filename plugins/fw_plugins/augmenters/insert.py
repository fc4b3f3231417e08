"""Item insertion: a view has similar items slipped in."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl, validators
from fw.augmentation import (
    min_length_field,
    put_items,
    random_places,
    share,
    share_at_least_one,
    take,
)
from fw.data.similarity import most_similar
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Insert:
    """Before each of max(floor(ratio * n), 1) of a row's n items, insert its most similar one.

    As in CoSeRec (Liu et al., arXiv 2108.06479), with its similarity computed once from the
    training data (:func:`fw.data.similarity.most_similar`); its second one, from the item table
    after a warm-up, is not used. The newest ``max_len`` items are kept, so that a full row loses
    its oldest. An item that shares no user with another one is doubled. What is inserted has
    the time of the item behind it, and nothing else is known of it.
    """

    ratio: float = attrs.field(
        default=0.4,
        validator=validators.fraction,
        metadata={"help": "share of items before which one is inserted"},
    )
    min_length: int = min_length_field()

    def build(self, info: Info) -> Inserting:
        """Find every item's most similar one."""
        return Inserting(self, most_similar(info), info.max_len)


class Inserting(nn.Module):
    """Inserts items by a table, which moves to a device with the rest."""

    similar: Tensor  # [N + 2] int64

    def __init__(self, settings: Insert, similar: Tensor, max_len: int) -> None:
        super().__init__()
        self.ratio, self.min_length = settings.ratio, settings.min_length
        self.max_len = max_len
        self.register_buffer("similar", similar, persistent=False)

    def longest(self, length: int) -> int:
        """Return the longest view of rows of up to ``length`` items."""
        return min(length + max(share(self.ratio, length), 1), self.max_len)

    def forward(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the longer sequences: [B, min(L + max(floor(ratio * L), 1), max_len)]."""
        counts = share_at_least_one(self.ratio, sequences.lengths)
        chosen = random_places(sequences, counts, rng)
        lengths = (sequences.lengths + counts).clamp(max=self.max_len)
        dropped = sequences.lengths + counts - lengths
        return self._insert(sequences, chosen, dropped, lengths)

    def _insert(
        self, sequences: Sequences, chosen: Tensor, dropped: Tensor, lengths: Tensor
    ) -> Sequences:
        """Insert before the ``chosen`` places ([B, L] bool), and drop so many from the front."""
        width = chosen.shape[1]
        moved = torch.arange(width, device=chosen.device) + chosen.cumsum(1)  # where items go
        wanted = torch.arange(self.longest(width), device=chosen.device) + dropped[:, None]
        source = torch.searchsorted(moved, wanted).clamp(max=width - 1)
        view = take(sequences, source, lengths)
        # What stands where no item of the row has moved to is what was inserted before the next.
        inserted = moved.gather(1, source) != wanted
        return put_items(view, inserted, self.similar[view.items])


@hookimpl
def register_augmenters(register):
    """Offer ``insert``."""
    register("insert", Insert)
