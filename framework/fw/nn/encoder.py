"""The encoder of the SASRec family: embedding, blocks of causal attention, LayerNorm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from fw.interfaces import Sequences
from fw.nn.attending import causal_mask, hide_gaps
from fw.nn.block import Block
from fw.nn.embedding import Embedding, is_item
from fw.nn.items import ItemTable
from fw.nn.padding import pad_left, pad_right, places_in_slots
from fw.random import Rng


class SequenceEncoder(nn.Module):
    """Sequences to hidden states, each of which sees the items up to its own.

    ``items`` are scored with; ``input_items`` are embedded, if they are not the same. Padding is
    hidden from every item: after the newest one by causality, between items by the mask.
    """

    causal = True

    def __init__(
        self,
        *,
        items: ItemTable,
        input_items: ItemTable | None,
        embedding: Embedding,
        blocks: Iterable[Block],
        norm: nn.LayerNorm | None,
        max_len: int,
    ) -> None:
        super().__init__()
        self.max_len = max_len
        self.hidden_size = items.weight.shape[1]
        self.items = items
        self.input_items = input_items
        self.embedding = embedding
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm or nn.Identity()

    def forward(self, sequences: Sequences, rng: Rng | None = None) -> Tensor:
        """Return [B, L, D], 0 at padding; without ``rng`` nothing is dropped.

        Raises ValueError if the sequences are wider than ``max_len``.
        """
        width = sequences.items.shape[1]
        if width > self.max_len:
            raise ValueError(f"sequences of {width} positions; this encoder has {self.max_len}")
        hidden = self._encode(sequences, rng)
        return hidden * is_item(sequences.items, hidden)

    def _encode(self, sequences: Sequences, rng: Rng | None) -> Tensor:
        items = sequences.items
        places = torch.arange(items.shape[1], device=items.device)
        hidden = self.embedding(self._rows(items), places, sequences.lengths, rng)
        plain = causal_mask(items.shape[1], hidden)
        mask = hide_gaps(plain, items) if sequences.gaps else plain
        return self._transform(hidden, mask, None, rng)

    def _rows(self, items: Tensor) -> Tensor:
        table = self.items if self.input_items is None else self.input_items
        return table.rows(items)

    def _transform(
        self, hidden: Tensor, mask: Tensor, kept: Tensor | None, rng: Rng | None
    ) -> Tensor:
        for number, block in enumerate(self.blocks):
            hidden = block(hidden, mask, None if rng is None else rng.child(f"block {number}"))
            hidden = hidden if kept is None else hidden * kept
        normalised: Tensor = self.norm(hidden)
        return normalised


class AttendedPaddingEncoder(SequenceEncoder):
    """The same in left-padded copies of width ``max_len`` in which padding is attended to.

    It imitates implementations without a padding mask. Padding, before and between items, enters
    the first block as zeros; with ``zero_padding`` it is zeroed again after every block. All
    ``max_len`` slots of every row are computed, which is slow.
    """

    def __init__(self, *, zero_padding: bool, **parts: Any) -> None:
        super().__init__(**parts)
        self.zero_padding = zero_padding

    def _encode(self, sequences: Sequences, rng: Rng | None) -> Tensor:
        lengths, width = sequences.lengths, sequences.items.shape[1]
        items = pad_left(sequences, self.max_len)
        places = places_in_slots(lengths, self.max_len)
        hidden = self.embedding(self._rows(items), places, lengths, rng)
        real = is_item(items, hidden)
        mask = causal_mask(self.max_len, hidden)
        hidden = self._transform(hidden * real, mask, real if self.zero_padding else None, rng)
        return pad_right(hidden, lengths, width)
