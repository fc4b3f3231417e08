"""Item crop: a view is one contiguous piece of the sequence."""

from __future__ import annotations

import attrs
import torch

from fw import Sequences, hookimpl, validators
from fw.augmentation import min_length_field, random_start, share, share_at_least_one, take
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Crop:
    """Keep a contiguous piece of each row (CL4SRec: Xie et al., ICDE 2022).

    Of n items max(floor(ratio * n), 1) are kept, and every piece of that size is as likely as
    another, those with the newest item too. ``ratio`` is the share that is kept.
    """

    ratio: float = attrs.field(
        default=0.6, validator=validators.fraction, metadata={"help": "share of items kept"}
    )
    min_length: int = min_length_field()

    def longest(self, length: int) -> int:
        """Return the longest view of rows of up to ``length`` items."""
        return max(share(self.ratio, length), 1)

    def __call__(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the pieces, no wider than the longest: [B, max(floor(ratio * L), 1)]."""
        lengths = sequences.lengths
        sizes = share_at_least_one(self.ratio, lengths)
        starts = random_start(lengths, sizes, rng)
        offsets = torch.arange(self.longest(sequences.items.shape[1]), device=lengths.device)
        return take(sequences, starts[:, None] + offsets, sizes)


@hookimpl
def register_augmenters(register):
    """Offer ``crop``."""
    register("crop", Crop)
