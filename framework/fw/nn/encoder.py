"""The encoder of the SASRec family and of BERT4Rec: embedding, blocks of attention, LayerNorm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from fw.interfaces import Sequences
from fw.nn.attending import causal_mask, hide_gaps, hide_padding, take_queries
from fw.nn.block import Block
from fw.nn.cosine import UnitItems, UnitStates
from fw.nn.embedding import Embedding, is_item
from fw.nn.inputs import Inputs
from fw.nn.items import ItemTable
from fw.nn.joined import Joined
from fw.nn.norm import LayerNorm
from fw.nn.packing import Packing
from fw.nn.padding import pad_left, pad_right, places_in_slots
from fw.random import Rng


class Begun(NamedTuple):
    """What the blocks are given: a part of a batch, or all parts behind one another."""

    hidden: Tensor  # [B, slots, D], or [T, D]
    mask: Tensor | Packing  # that of fw.nn.attending.attend
    kept: Tensor | None  # [B, slots, 1], 0 where states are zeroed again after every block


class SequenceEncoder(nn.Module):
    """Sequences to hidden states, each of the items up to its own, or of all if it is not causal.

    ``items`` are scored with; ``input_items`` are embedded, if they are not the same. Padding is
    hidden from every item: after the newest one by causality, elsewhere by the mask. ``head`` is
    applied to each state after the last LayerNorm. With a ``cosine_temperature`` items are scored
    by the cosine, divided by that.
    """

    causal = True
    packs = True  # whether parts of a batch may be laid behind one another

    def __init__(
        self,
        *,
        items: ItemTable,
        input_items: ItemTable | None,
        embedding: Embedding,
        blocks: Iterable[Block],
        norm: LayerNorm | None,
        max_len: int,
        causal: bool = True,
        head: nn.Module | None = None,
        cosine_temperature: float | None = None,
    ) -> None:
        super().__init__()
        self.max_len, self.causal = max_len, causal
        self.hidden_size = items.weight.shape[1]
        self.items = items if cosine_temperature is None else UnitItems(items)
        self.input_items = input_items
        self.inputs: Inputs | None = None  # what else is embedded
        self.embedding = embedding
        self.blocks = nn.ModuleList(blocks)
        self.norm = norm or nn.Identity()
        self.head = head or nn.Identity()
        self.unit = nn.Identity() if cosine_temperature is None else UnitStates(cosine_temperature)

    def forward(self, sequences: Sequences, rng: Rng | None = None) -> Tensor:
        """Return [B, L, D], 0 at padding; without ``rng`` nothing is dropped.

        Raises ValueError if the sequences are wider than ``max_len``.
        """
        return self.together([sequences], [rng])[0]

    def together(self, parts: Sequence[Sequences], rngs: Sequence[Rng | None]) -> Sequence[Tensor]:
        """Return what ``forward`` returns for each part; most of it is computed for all at once."""
        if self.packs and all(getattr(block, "packs", False) for block in self.blocks):
            return self._packed(parts, rngs)
        return [self._alone(part, rng) for part, rng in zip(parts, rngs, strict=True)]

    def _packed(self, parts: Sequence[Sequences], rngs: Sequence[Rng | None]) -> Sequence[Tensor]:
        for part in parts:
            self._check_width(part)
        like = next(self.parameters())
        named = self._named(parts)
        joined = Joined(parts, named)
        masks = [self._mask(whole, like) for whole in joined.wholes]
        packing = Packing([(len(w.items), w.items.shape[1]) for w in joined.wholes], masks)
        items = packing.laid([whole.items for whole in joined.wholes])
        numbers = packing.laid([self._numbers(whole) for whole in joined.wholes])
        rng = joined.places(rngs)
        columns = {
            name: packing.laid([whole.columns[name] for whole in joined.wholes]) for name in named
        }
        hidden = self._embed(items, numbers, columns, rng)
        hidden = self._transform(Begun(hidden, packing, None), rng)
        return joined.cut(hidden * is_item(items, hidden))

    def _alone(self, sequences: Sequences, rng: Rng | None) -> Tensor:
        hidden = self._transform(self._begin(sequences, rng), rng)
        return self._end(hidden, sequences) * is_item(sequences.items, hidden)

    def newest(self, sequences: Sequences) -> Tensor:
        """Return the state of each row's newest item ([B, D]), 0 where there is none.

        It is what the whole has there without dropout, but the last block computes nothing else.
        """
        begun = self._begin(sequences, None)
        hidden = self._transform(begun, None, self._newest_places(sequences)).squeeze(1)
        return hidden * is_item(sequences.newest_items(), hidden)

    def _begin(self, sequences: Sequences, rng: Rng | None) -> Begun:
        self._check_width(sequences)
        numbers = self._numbers(sequences)
        hidden = self._embed(sequences.items, numbers, sequences.columns, rng)
        return Begun(hidden, self._mask(sequences, hidden), None)

    def _embed(
        self, items: Tensor, numbers: Tensor, columns: Mapping[str, Tensor], rng: Rng | None
    ) -> Tensor:
        """Embed items ([...]) at positions of such numbers, with what else is embedded."""
        inputs, rows = self.inputs, self._rows(items)
        join = None
        if inputs is not None:
            join = partial(inputs, items=items, columns=columns, rng=rng)
        embedded: Tensor = self.embedding(rows, numbers, rng, join)
        return embedded

    def _named(self, parts: Sequence[Sequences]) -> Iterable[str]:
        """Name the columns that inputs may look at."""
        return () if self.inputs is None else parts[0].columns

    def _numbers(self, sequences: Sequences) -> Tensor:
        places = torch.arange(sequences.items.shape[1], device=sequences.items.device)
        return self.embedding.numbers(places, sequences.lengths)

    def _mask(self, sequences: Sequences, like: Tensor) -> Tensor:
        """Return the mask of :func:`fw.nn.attending.attend` that hides what is not to be seen."""
        if not self.causal:
            return hide_padding(sequences.items, like)
        plain = causal_mask(sequences.items.shape[1], like)
        return hide_gaps(plain, sequences.items) if sequences.gaps else plain

    def _end(self, hidden: Tensor, sequences: Sequences) -> Tensor:
        return hidden

    def _newest_places(self, sequences: Sequences) -> Tensor:
        return (sequences.lengths - 1).clamp(min=0)

    def _check_width(self, sequences: Sequences) -> None:
        width = sequences.items.shape[1]
        if width > self.max_len:
            raise ValueError(f"sequences of {width} positions; this encoder has {self.max_len}")

    def _rows(self, items: Tensor) -> Tensor:
        table = self.items if self.input_items is None else self.input_items
        return table.embedded(items)

    def _transform(self, begun: Begun, rng: Rng | None, only: Tensor | None = None) -> Tensor:
        hidden, mask, kept = begun
        last = len(self.blocks) - 1
        for number, block in enumerate(self.blocks):
            place = None if rng is None else rng.child(f"block {number}")
            if only is not None and number == last:
                assert isinstance(mask, Tensor)
                hidden = block(hidden, take_queries(mask, only), place, only)
            else:
                hidden = block(hidden, mask, place)
                hidden = hidden if kept is None else hidden * kept
        return self._finished(hidden)

    def _finished(self, hidden: Tensor) -> Tensor:
        """Return the states to score with, from what the last block gives."""
        states: Tensor = self.unit(self.head(self.norm(hidden)))
        return states


class AttendedPaddingEncoder(SequenceEncoder):
    """The same in left-padded copies of width ``max_len`` in which padding is attended to.

    It imitates implementations without a padding mask. Padding, before and between items, enters
    the first block as zeros; with ``zero_padding`` it is zeroed again after every block. All
    ``max_len`` slots of every row are computed, which is slow.
    """

    packs = False

    def __init__(self, *, zero_padding: bool, **parts: Any) -> None:
        super().__init__(**parts)
        self.zero_padding = zero_padding

    def _begin(self, sequences: Sequences, rng: Rng | None) -> Begun:
        items, hidden = self._slots(sequences, rng)
        real = is_item(items, hidden)
        mask = self._mask(sequences, hidden)
        return Begun(hidden * real, mask, real if self.zero_padding else None)

    def _slots(self, sequences: Sequences, rng: Rng | None) -> tuple[Tensor, Tensor]:
        """Return the items of all slots ([B, slots]), and what they are embedded as."""
        self._check_width(sequences)
        items = pad_left(sequences, sequences.items, self.max_len)
        columns = {
            name: pad_left(sequences, sequences.columns[name], self.max_len)
            for name in self._named([sequences])
        }
        return items, self._embed(items, self._numbers(sequences), columns, rng)

    def _numbers(self, sequences: Sequences) -> Tensor:
        places = places_in_slots(sequences.lengths, self.max_len)
        return self.embedding.numbers(places, sequences.lengths)

    def _mask(self, sequences: Sequences, like: Tensor) -> Tensor:
        plain = causal_mask(self.max_len, like)
        return plain if self.causal else torch.zeros_like(plain)

    def _end(self, hidden: Tensor, sequences: Sequences) -> Tensor:
        return pad_right(hidden, sequences.lengths, sequences.items.shape[1])

    def _newest_places(self, sequences: Sequences) -> Tensor:
        return torch.full_like(sequences.lengths, self.max_len - 1)
