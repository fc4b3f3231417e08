"""Item reorder: a view has one stretch of the sequence shuffled."""

from __future__ import annotations

import attrs

from fw import Sequences, hookimpl, validators
from fw.augmentation import (
    KeepsLength,
    min_length_field,
    random_start,
    share,
    shuffled_window,
    take,
)
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Reorder(KeepsLength):
    """Shuffle a window of floor(ratio * n) of a row's n items (CL4SRec: Xie et al., ICDE 2022).

    The window begins anywhere with the same probability, and any order of it is as likely as
    another. ``ratio`` is the share that is shuffled. Columns move with their items.
    """

    ratio: float = attrs.field(
        default=0.2, validator=validators.fraction, metadata={"help": "share of items shuffled"}
    )
    min_length: int = min_length_field()

    def __call__(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the sequences with a window shuffled, in the same shape."""
        lengths = sequences.lengths
        sizes = share(self.ratio, lengths)
        starts = random_start(lengths, sizes, rng.child("start"))
        width = sequences.items.shape[1]
        return take(sequences, shuffled_window(width, starts, sizes, rng.child("order")), lengths)


@hookimpl
def register_augmenters(register):
    """Offer ``reorder``."""
    register("reorder", Reorder)
