"""HSTU: pointwise attention with a relative bias, gated, in place of attention and network."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import attrs
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

from fw import Info, hookimpl, validators
from fw.nn.block import Block
from fw.nn.dropout import AddressDropout
from fw.nn.embedding import Embedding
from fw.nn.encoder import SequenceEncoder
from fw.nn.initialisation import INITS
from fw.nn.items import ItemTable
from fw.nn.positions import Positions
from fw.nn.settings import PositionOrder, divides_hidden_size, setting
from fw.random import Rng


@attrs.frozen(kw_only=True)
class HSTU:
    """HSTU (Zhai et al., ICML 2024, arXiv 2402.17152, eq. 1 to 3), causal.

    As in ``research/modeling/sequential/hstu.py`` of its repository (generative-recommenders), the
    setting of the paper's section 4.1.1: U, V, Q, K = SiLU(LN(x) W), and A = SiLU(Q K^T + bias) / n
    over the items up to a position's own, without a softmax, n being ``max_len``; the block gives
    x + Drop(U * LN(A V)) W2. These LayerNorms have no weights. Embeddings are scaled, with learned
    positions.

    The relative bias is that of position (one number for each distance) alone: encoders are not
    told the times of interactions, so that there is no bias of time, and the time of the target is
    never used. The repository adds both, and takes times relative to that of the target.

    Differs from the repository's configurations also in scoring: there states and item embeddings
    are brought to length 1 and divided by a temperature of 0.05; here states end with a LayerNorm
    (its other choice, ``layer_norm``), and scores are plain products.
    """

    causal: ClassVar[bool] = True

    hidden_size: int = setting(50, "width of embeddings and states", validators.at_least(1))
    num_blocks: int = setting(2, "blocks", validators.at_least(1))
    num_heads: int = setting(1, "heads of attention", divides_hidden_size)
    attention_size: int | None = setting(
        None, "of a head's key; left out: hidden_size / num_heads", validators.at_least(1)
    )
    value_size: int | None = setting(
        None,
        "of a head's value; left out: hidden_size / num_heads",
        validators.at_least(1),
    )
    relative_bias: Literal["position", "none"] = setting(
        "position", "added to the scores of attention"
    )
    dropout: float = setting(
        0.2, "share dropped of embeddings and of what is gated", validators.below_one
    )
    scale_embeddings: bool = setting(True, "multiply item embeddings by sqrt(hidden_size)")
    positions: PositionOrder = setting("from_start", "how learned positions are counted")
    final_norm: bool = setting(True, "LayerNorm after the last block")
    norm_epsilon: float = setting(1e-6, "added to variances in LayerNorm", validators.positive)

    def build(self, info: Info) -> SequenceEncoder:
        """Make the encoder, its weights drawn from torch's global generator."""
        size = self.hidden_size
        return SequenceEncoder(
            items=ItemTable(info.num_items, size, INITS["truncated_normal"]),
            input_items=None,
            embedding=self._embedding(info.max_len),
            blocks=[TransductionUnit(self, info.max_len) for _ in range(self.num_blocks)],
            norm=nn.LayerNorm(size, self.norm_epsilon) if self.final_norm else None,
            max_len=info.max_len,
        )

    def _embedding(self, max_len: int) -> Embedding:
        size, spread = self.hidden_size, math.sqrt(1 / self.hidden_size)
        positions = None
        if self.positions != "none":
            positions = Positions(max_len, size, self.positions, _normal_within_two(spread))
        scale = math.sqrt(size) if self.scale_embeddings else 1.0
        return Embedding(scale=scale, positions=positions, norm=None, dropout=self.dropout)


def _normal_within_two(spread: float):
    """Return what fills a table from N(0, spread), cut at two standard deviations."""
    return lambda table: nn.init.trunc_normal_(table, std=spread, a=-2 * spread, b=2 * spread)


class TransductionUnit(nn.Module):
    """One block: gated pointwise attention with a residual.

    Called as :class:`fw.nn.block.Block` is; of the mask it asks only what is hidden. ``inward``
    makes gates, values, queries and keys, in this order, each of all heads.
    """

    def __init__(self, settings: HSTU, max_len: int) -> None:
        super().__init__()
        size, heads = settings.hidden_size, settings.num_heads
        attention = settings.attention_size or size // heads
        value = settings.value_size or size // heads
        self.num_heads, self.max_len, self.epsilon = heads, max_len, settings.norm_epsilon
        self.sizes = [heads * value, heads * value, heads * attention, heads * attention]
        self.inward = nn.Linear(size, sum(self.sizes), bias=False)
        nn.init.normal_(self.inward.weight, std=0.02)
        self.outward = nn.Linear(heads * value, size)
        nn.init.xavier_uniform_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)
        self.by_distance = None
        if settings.relative_bias == "position":
            self.by_distance = nn.Parameter(0.02 * torch.randn(max_len))
        self.dropout = AddressDropout(settings.dropout, "gated")

    def forward(
        self, hidden: Tensor, mask: Tensor, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or with ``only``, a place of each row, to [B, 1, D]."""
        gate, value, query, key = silu(self.inward(self._norm(hidden))).split(self.sizes, -1)
        attended = self._attend(Block.at(query, only), key, value, mask, only)
        gated = Block.at(gate, only) * self._norm(attended)
        return Block.at(hidden, only) + self.outward(self.dropout(gated, rng))

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, only: Tensor | None
    ) -> Tensor:
        """Return SiLU(query key^T + bias) value / max_len: [B, Q, heads * value size]."""
        query, key, value = (self._split(part) for part in (query, key, value))
        scores = query @ key.mT  # [B, heads, Q, L]
        if self.by_distance is not None:
            scores = scores + self._bias(key.shape[2], only)
        seen = mask == 0 if mask.dim() == 2 else (mask == 0).unsqueeze(1)
        attended = torch.where(seen, silu(scores) / self.max_len, 0) @ value
        return attended.transpose(1, 2).flatten(2)

    def _bias(self, length: int, only: Tensor | None) -> Tensor:
        """Return the bias by how far back a key is: [L, L], or of one query a row [B, 1, 1, L]."""
        places = torch.arange(length, device=self.by_distance.device)
        queries = places if only is None else only[:, None, None]
        distances = (queries[..., None] - places).clamp(min=0)
        return self.by_distance.index_select(0, distances.flatten()).view(distances.shape)

    def _norm(self, values: Tensor) -> Tensor:
        return layer_norm(values, values.shape[-1:], eps=self.epsilon)

    def _split(self, values: Tensor) -> Tensor:
        return values.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # [B, heads, L, size]


@hookimpl
def register_encoders(register):
    """Offer ``hstu``."""
    register("hstu", HSTU)
