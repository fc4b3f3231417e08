"""What augmenters are made of: exact counts, random places and windows, items kept or moved.

Everything here follows the step contract, and draws by address: what a row gets does not depend on
the other rows or on the padded width.
"""

from __future__ import annotations

from typing import Any, TypeVar

import attrs
import torch
from torch import Tensor

from fw.config import validators
from fw.data.moments import NEXT_TIME, TIME
from fw.interfaces import NO_COLUMNS, Sequences
from fw.random import Rng

_PARTS = 10**9
_LAST = torch.iinfo(torch.int64).max

Count = TypeVar("Count", int, Tensor)


def share(ratio: float, lengths: Count) -> Count:
    """Return floor(ratio * lengths), the ratio taken as the decimal number that was written.

    0.29 of 100 is 29, where the product of floats is 28.999...96. Nine decimals are kept.
    """
    return lengths * round(ratio * _PARTS) // _PARTS


def share_at_least_one(ratio: float, lengths: Tensor) -> Tensor:
    """Return max(floor(ratio * lengths), 1), and 0 for an empty row."""
    return torch.minimum(share(ratio, lengths).clamp(min=1), lengths)


def min_length_field() -> Any:
    """Return the field ``min_length``, by which a recipe keeps an augmenter from short rows."""
    return attrs.field(
        default=0,
        validator=validators.at_least(0),
        metadata={"help": "not drawn for rows with fewer items"},
    )


class KeepsLength:
    """An augmenter, no view of which is longer than its row."""

    __slots__ = ()

    def longest(self, length: int) -> int:
        """Return the longest view of rows of up to ``length`` items: no row grows."""
        return length


def take(sequences: Sequences, places: Tensor, lengths: Tensor) -> Sequences:
    """Return rows of ``lengths`` ([B]) items: those at ``places`` ([B, W]) of the given ones.

    Columns come along. Places beyond a row's new length may hold anything; PAD is put there.
    """
    width = sequences.items.shape[1]
    real = torch.arange(places.shape[1], device=places.device) < lengths[:, None]
    places = places.clamp(0, width - 1)
    columns = {
        name: torch.where(real, column.gather(1, places), 0)
        for name, column in sequences.columns.items()
    }
    items = torch.where(real, sequences.items.gather(1, places), 0)
    return sequences._replace(items=items, lengths=lengths, columns=columns or NO_COLUMNS)


def put_items(sequences: Sequences, chosen: Tensor, items: Tensor | int) -> Sequences:
    """Return the sequences with ``items`` ([B, L] or one) where ``chosen`` ([B, L] bool) is true.

    What the columns say there, such as a rating, was said of another item: it is hidden. Only when
    that was stays.
    """
    columns = {
        name: column if name in (TIME, NEXT_TIME) else torch.where(chosen, 0, column)
        for name, column in sequences.columns.items()
    }
    put = torch.where(chosen, items, sequences.items)
    return sequences._replace(items=put, columns=columns or NO_COLUMNS)


def other_items(items: Tensor, num_items: int, rng: Rng) -> Tensor:
    """Draw for each of ``items`` ([B, L]) another of 1..N, uniform over the N - 1 others."""
    other = rng.integers(tuple(items.shape), num_items - 1) + 1
    return other + (other >= items)  # steps over the item itself


def random_places(sequences: Sequences, counts: Tensor, rng: Rng) -> Tensor:
    """Choose exactly ``counts`` ([B]) places among each row's items, uniformly: [B, L] bool.

    A row's random words are all different, so the ``count`` smallest are exactly that many.
    """
    real = sequences.is_real()
    words = rng.words(tuple(real.shape)).masked_fill(~real, _LAST)
    ordered = words.sort(dim=1).values
    largest = ordered.gather(1, (counts - 1).clamp(min=0)[:, None])
    return (words <= largest) & real & (counts > 0)[:, None]


def random_start(lengths: Tensor, sizes: Tensor, rng: Rng) -> Tensor:
    """Draw where a window of ``sizes`` ([B]) items begins, uniform over 0 .. lengths - sizes."""
    return rng.integers(tuple(lengths.shape), lengths - sizes + 1)


def shuffled_window(width: int, starts: Tensor, sizes: Tensor, rng: Rng) -> Tensor:
    """Return places ([B, width]) that shuffle the window from ``starts`` and leave the rest alone.

    The window's order is uniform over all orders.
    """
    places = torch.arange(width, device=starts.device)
    offsets = places - starts[:, None]
    inside = (offsets >= 0) & (offsets < sizes[:, None])
    # Halved, no word can equal the filling: the window's places come first in the order.
    words = rng.words((len(starts), width)) >> 1
    order = words.masked_fill(~inside, _LAST).argsort(dim=1)
    shuffled = order.gather(1, offsets.clamp(0, width - 1))
    return torch.where(inside, shuffled, places)


def keep_items(sequences: Sequences, keep: Tensor) -> Sequences:
    """Return the sequences with only the positions kept where ``keep`` ([B, L] bool) is true.

    What is kept moves together to the left, in its old order; the width stays ``L``. Padding is
    never kept, whatever ``keep`` says of it.
    """
    keep = keep & sequences.is_real()
    width = keep.shape[1]
    # Dropped positions go to one column past the end, which is then cut off.
    places = torch.where(keep, keep.cumsum(1) - 1, width)

    def move(values: Tensor) -> Tensor:
        return values.new_zeros(values.shape[0], width + 1).scatter(1, places, values)[:, :width]

    columns = {name: move(column) for name, column in sequences.columns.items()}
    return sequences._replace(
        items=move(sequences.items), lengths=keep.sum(1), columns=columns or NO_COLUMNS
    )
