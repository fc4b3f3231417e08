"""Item substitution: a view has some of the items exchanged for similar ones."""

from __future__ import annotations

import attrs
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl, validators
from fw.augmentation import (
    KeepsLength,
    min_length_field,
    put_items,
    random_places,
    share_at_least_one,
)
from fw.data.similarity import most_similar
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Substitute:
    """Exchange max(floor(ratio * n), 1) of a row's n items for their most similar ones.

    As in CoSeRec (Liu et al., arXiv 2108.06479), with its similarity computed once from the
    training data (:func:`fw.data.similarity.most_similar`); its second one, from the item table
    after a warm-up, is not used. An item that shares no user with another one stays. The new item
    has the old one's time, and nothing else is known of it.
    """

    ratio: float = attrs.field(
        default=0.1, validator=validators.fraction, metadata={"help": "share of items exchanged"}
    )
    min_length: int = min_length_field()

    def build(self, info: Info) -> Substituting:
        """Find every item's most similar one."""
        return Substituting(self, most_similar(info))


class Substituting(KeepsLength, nn.Module):
    """Exchanges items by a table, which moves to a device with the rest."""

    similar: Tensor  # [N + 2] int64

    def __init__(self, settings: Substitute, similar: Tensor) -> None:
        super().__init__()
        self.ratio, self.min_length = settings.ratio, settings.min_length
        self.register_buffer("similar", similar, persistent=False)

    def forward(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the sequences with items exchanged, in the same shape."""
        counts = share_at_least_one(self.ratio, sequences.lengths)
        chosen = random_places(sequences, counts, rng)
        return put_items(sequences, chosen, self.similar[sequences.items])


@hookimpl
def register_augmenters(register):
    """Offer ``substitute``."""
    register("substitute", Substitute)
