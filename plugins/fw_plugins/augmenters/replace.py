"""Item replacement: a view has some of the items exchanged for random ones."""

from __future__ import annotations

import attrs

from fw import Info, Sequences, hookimpl, validators
from fw.augmentation import (
    KeepsLength,
    min_length_field,
    other_items,
    put_items,
    random_places,
    share,
)
from fw.errors import UserError
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Replace:
    """Exchange exactly floor(ratio * n) of a row's n items for others of the catalogue.

    The new item is uniform over the N - 1 others, so it always differs from the old one. Its time
    is that of the old one, and nothing else is known of it. ``ratio`` is the share that is
    replaced. No paper's: a control for the augmenters that choose what they put in.
    """

    ratio: float = attrs.field(
        default=0.2, validator=validators.fraction, metadata={"help": "share of items replaced"}
    )
    min_length: int = min_length_field()

    def build(self, info: Info) -> Replacing:
        """Take the size of the catalogue; raises UserError if it has only one item."""
        if info.num_items < 2:
            raise UserError(
                "augmenter 'replace' needs a catalogue of at least 2 items, "
                f"but the data has {info.num_items}"
            )
        return Replacing(ratio=self.ratio, num_items=info.num_items, min_length=self.min_length)


@attrs.frozen(kw_only=True)
class Replacing(KeepsLength):
    """Exchanges items for others within 1..N."""

    ratio: float
    num_items: int
    min_length: int

    def __call__(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the sequences with items exchanged, in the same shape."""
        counts = share(self.ratio, sequences.lengths)
        chosen = random_places(sequences, counts, rng.child("places"))
        other = other_items(sequences.items, self.num_items, rng.child("items"))
        return put_items(sequences, chosen, other)


@hookimpl
def register_augmenters(register):
    """Offer ``replace``."""
    register("replace", Replace)
