"""Self-attention (Vaswani et al., "Attention is all you need", NeurIPS 2017, eq. 1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fw.nn.attending import Drop, attend
from fw.nn.attending_in_parts import attend_in_parts
from fw.nn.dropout import AddressDropout
from fw.nn.heads import join_heads, split_heads
from fw.nn.in_parts import parts_of
from fw.nn.linear import Linear, mapped_by_each
from fw.nn.packing import Packing
from fw.nn.written_out import is_eager_on_cpu
from fw.random import Rng


class SelfAttention(nn.Module):
    """Multi-head self-attention; if it is causal, position i sees positions up to i.

    Queries may be made from other values than keys and values are, as in the first SASRec. The
    projections are separate: one fused product is slower on a CPU at widths such as 50 and 64.
    """

    def __init__(
        self,
        size: int,
        num_heads: int,
        *,
        dropout: float = 0.0,
        out_projection: bool = False,
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.causal = causal
        self.num_heads = num_heads
        self.query = Linear(size, size)
        self.key = Linear(size, size)
        self.value = Linear(size, size)
        self.output = Linear(size, size) if out_projection else nn.Identity()
        self.dropout = AddressDropout(dropout, "attention weights")

    def forward(
        self, queries: Tensor, memory: Tensor, mask: Tensor | Packing, rng: Rng | None
    ) -> Tensor:
        """Attend from ``queries`` to ``memory`` (both [B, L, D]) and return [B, L, D].

        ``mask`` is added to the scores, that of :func:`fw.nn.attending.attend` for one head. Of Q
        queries alone [B, Q, D] is returned. With a packing all are [T, D], and ``rng`` is the place
        of T positions.
        """
        query, key, value = self._projected(queries, memory)
        if isinstance(mask, Packing):
            attended = self._attend_packed(query, key, value, mask, rng)
        else:
            attended = self._attend_rows(query, key, value, mask, rng)
        projected: Tensor = self.output(attended)
        return projected

    def _projected(self, queries: Tensor, memory: Tensor) -> Sequence[Tensor]:
        if queries is memory:
            return mapped_by_each(memory, [self.query, self.key, self.value])
        return self.query(queries), *mapped_by_each(memory, [self.key, self.value])

    def _attend_rows(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, rng: Rng | None
    ) -> Tensor:
        """Attend within rows, [B, L, D]."""
        places = None if rng is None else rng.positions(query.shape[1])
        if query.shape != key.shape or not self._in_parts(query):
            return self._attend(query, key, value, mask, places)
        packing = Packing([(query.shape[0], query.shape[1])], [mask])
        query, key, value = (values.flatten(0, 1) for values in (query, key, value))
        return packing.cut(self._attend_packed(query, key, value, packing, places))[0]

    def _attend_packed(
        self, query: Tensor, key: Tensor, value: Tensor, packing: Packing, rng: Rng | None
    ) -> Tensor:
        """Attend within the rows of all parts, [T, D]."""
        if not self._in_parts(query):
            return packing.attend(self._attend, query, key, value, rng)
        kept = self._kept(packing, rng)
        given = (query, key, value, packing, self.num_heads, kept, self.dropout.scale)
        return attend_in_parts(*given)

    def _in_parts(self, query: Tensor) -> bool:
        # A compiler writes gradients itself, and an exported graph serves any number of parts.
        return self.causal and is_eager_on_cpu(query)

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, places: Rng | None
    ) -> Tensor:
        if mask.dim() == 3:
            mask = mask.repeat_interleave(self.num_heads, 0)
        query, key, value = (split_heads(v, self.num_heads) for v in (query, key, value))
        attended = attend(query, key, value, mask, self._drop(places), causal=self.causal)
        return join_heads(attended, self.num_heads)

    def _drop(self, places: Rng | None) -> Drop | None:
        if places is None or self.dropout.threshold == 0:
            return None

        def factors(shape: torch.Size, dtype: torch.dtype) -> Tensor:
            queries, keys = shape[1:]
            rows = shape[0] // self.num_heads
            kept = self.dropout.kept((rows * queries, self.num_heads, keys), places)
            return self._by_head(kept, rows).to(dtype).mul_(self.dropout.scale)

        return factors

    def _kept(self, packing: Packing, rng: Rng | None) -> list[Tensor]:
        """Return what dropout keeps of every part of the queries, drawn at once."""
        if rng is None or self.dropout.threshold == 0:
            return []
        parts = [
            (place.columns(rows, start, stop), rows, stop - start, stop)
            for place, (rows, width) in zip(packing.places(rng), packing.shapes, strict=True)
            for start, stop in parts_of(width)
        ]
        shapes = [(rows * queries, self.num_heads, keys) for _, rows, queries, keys in parts]
        found = self.dropout.kept_of_each([part[0] for part in parts], shapes)
        return [self._by_head(each, part[1]) for each, part in zip(found, parts, strict=True)]

    def _by_head(self, kept: Tensor, rows: int) -> Tensor:
        """Bring [rows * queries, heads, keys] to [rows * heads, queries, keys]."""
        by_row = kept.view(rows, -1, *kept.shape[1:]).transpose(1, 2)
        return by_row.flatten(0, 1)
