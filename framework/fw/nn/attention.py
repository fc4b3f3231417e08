"""Self-attention (Vaswani et al., "Attention is all you need", NeurIPS 2017, eq. 1)."""

from __future__ import annotations

import math

from torch import Tensor, nn

from fw.nn.attending import Drop, attend
from fw.nn.dropout import AddressDropout
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
        self.scale = math.sqrt(num_heads / size)
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.value = nn.Linear(size, size)
        self.output = nn.Linear(size, size) if out_projection else nn.Identity()
        self.dropout = AddressDropout(dropout, "attention weights")

    def forward(self, queries: Tensor, memory: Tensor, mask: Tensor, rng: Rng | None) -> Tensor:
        """Attend from ``queries`` to ``memory`` (both [B, L, D]) and return [B, L, D].

        ``mask`` is added to the scores, that of :func:`fw.nn.attending.attend` for one head. Of Q
        queries alone [B, Q, D] is returned.
        """
        query = self._split(self.query(queries) * self.scale)
        key, value = self._split(self.key(memory)), self._split(self.value(memory))
        if mask.dim() == 3:
            mask = mask.repeat_interleave(self.num_heads, 0)
        attended = attend(query, key, value, mask, self._drop(rng), causal=self.causal)
        projected: Tensor = self.output(self._join(attended))
        return projected

    def _drop(self, rng: Rng | None) -> Drop | None:
        if rng is None or self.dropout.threshold == 0:
            return None

        def drop(weights: Tensor, start: int) -> Tensor:
            rows, (queries, keys) = len(weights) // self.num_heads, weights.shape[1:]
            shape = (rows, queries, self.num_heads, keys)  # the order in which indices are counted
            factors = self.dropout.factors(shape, rng, weights.dtype, starts=(start,))
            return weights * factors.transpose(1, 2).reshape(weights.shape)

        return drop

    def _split(self, values: Tensor) -> Tensor:
        rows, length, _ = values.shape  # [B, L, D] -> [B * heads, L, D / heads]
        by_head = values.view(rows, length, self.num_heads, -1).transpose(1, 2)
        return by_head.reshape(rows * self.num_heads, length, -1)

    def _join(self, values: Tensor) -> Tensor:
        _, length, size = values.shape  # [B * heads, L, D / heads] -> [B, L, D]
        by_head = values.view(-1, self.num_heads, length, size).transpose(1, 2)
        return by_head.reshape(-1, length, self.num_heads * size)
