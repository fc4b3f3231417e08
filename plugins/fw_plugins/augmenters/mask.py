"""Item mask: a view hides some of the items."""

from __future__ import annotations

from typing import Literal

import attrs
import torch

from fw import Info, Sequences, hookimpl, validators
from fw.augmentation import KeepsLength, min_length_field, put_items, random_places, share
from fw.interfaces import NO_COLUMNS, PAD
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Mask:
    """Hide exactly floor(ratio * n) of a row's n items (CL4SRec: Xie et al., ICDE 2022).

    ``ratio`` is the share that is hidden. With ``token = "mask"`` a hidden item becomes the mask
    token N + 1: it has an embedding of its own and is attended to; of its columns, times alone
    stay. With ``token = "pad"`` it becomes a gap that attention does not see, all columns included,
    as in CL4SRec-pytorch.
    """

    ratio: float = attrs.field(
        default=0.5, validator=validators.fraction, metadata={"help": "share of items hidden"}
    )
    token: Literal["mask", "pad"] = attrs.field(
        default="mask", metadata={"help": "what stands for a hidden item: an item, or a gap"}
    )
    min_length: int = min_length_field()

    def build(self, info: Info) -> Masking:
        """Look up which item is the mask token."""
        token = PAD if self.token == "pad" else info.mask_item
        return Masking(ratio=self.ratio, token=token, min_length=self.min_length)


@attrs.frozen(kw_only=True)
class Masking(KeepsLength):
    """Puts ``token`` where a row's items are hidden."""

    ratio: float
    token: int
    min_length: int

    def __call__(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the sequences with items hidden, in the same shape."""
        counts = share(self.ratio, sequences.lengths)
        hidden = random_places(sequences, counts, rng)
        view = put_items(sequences, hidden, self.token)
        return view if self.token != PAD else self._with_gaps(view, hidden)

    def _with_gaps(self, view: Sequences, hidden: torch.Tensor) -> Sequences:
        columns = {name: torch.where(hidden, 0, column) for name, column in view.columns.items()}
        return view._replace(columns=columns or NO_COLUMNS, gaps=True)


@hookimpl
def register_augmenters(register):
    """Offer ``mask``."""
    register("mask", Mask)
