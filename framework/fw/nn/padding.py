"""Left-padded copies, for what depends on padding that stands before the items."""

from __future__ import annotations

import torch
from torch import Tensor

from fw.interfaces import Sequences


def places_in_slots(lengths: Tensor, width: int) -> Tensor:
    """Number the slots of rows padded on the left: [B, width], the oldest item 0, padding less."""
    slots = torch.arange(width, device=lengths.device)
    return slots - (width - lengths).unsqueeze(1)


def pad_left(sequences: Sequences, values: Tensor, width: int) -> Tensor:
    """Return the items, or a column of them ([B, L]), padded with 0 on the left: [B, width].

    No row may be longer.
    """
    places = places_in_slots(sequences.lengths, width)
    moved = values.gather(1, places.clamp(0, values.shape[1] - 1))
    return torch.where(places < 0, 0, moved)


def pad_right(hidden: Tensor, lengths: Tensor, width: int) -> Tensor:
    """Bring [B, slots, D], padded on the left, to [B, width, D]; what pads it means nothing."""
    slots = hidden.shape[1]
    first = (slots - lengths).unsqueeze(1)
    places = (first + torch.arange(width, device=hidden.device)).clamp(max=slots - 1)
    return hidden.gather(1, places.unsqueeze(-1).expand(-1, -1, hidden.shape[2]))
