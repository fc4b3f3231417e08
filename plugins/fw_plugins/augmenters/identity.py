"""Identity: a view that differs in the encoder's dropout alone."""

from __future__ import annotations

from typing import Literal

import attrs

from fw import Sequences, hookimpl, keep_items
from fw.augmentation import KeepsLength, min_length_field
from fw.random import Rng


@attrs.frozen(kw_only=True)
class Identity(KeepsLength):
    """Leave the sequence alone, so that views differ by dropout (DuoRec: Qiu et al., WSDM 2022).

    With ``newest = "drop"`` the newest item is left out: the row is then what predicts that item,
    as in DuoRec. A lone item stays.
    """

    newest: Literal["keep", "drop"] = attrs.field(
        default="keep", metadata={"help": "whether the newest item is part of the view"}
    )
    min_length: int = min_length_field()

    def __call__(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the sequences as they are, or without their newest items, in the same shape."""
        if self.newest == "keep":
            return sequences
        return keep_items(sequences, ~sequences.is_newest() | (sequences.lengths == 1)[:, None])


@hookimpl
def register_augmenters(register):
    """Offer ``identity``."""
    register("identity", Identity)
