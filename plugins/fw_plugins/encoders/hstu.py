"""HSTU: pointwise attention with a relative bias, gated, in place of attention and network."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple

import attrs
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

from fw import Info, Sequences, hookimpl, validators
from fw.data.moments import NEXT_TIME, TIME
from fw.nn.attending import take, take_queries
from fw.nn.block import Block
from fw.nn.dropout import AddressDropout
from fw.nn.embedding import Embedding
from fw.nn.encoder import SequenceEncoder
from fw.nn.heads import by_head
from fw.nn.initialisation import INITS
from fw.nn.items import ItemTable
from fw.nn.linear import Linear
from fw.nn.norm import LayerNorm
from fw.nn.packing import Packing
from fw.nn.pointwise_in_parts import HIDDEN, attend_pointwise_in_parts
from fw.nn.positions import Positions
from fw.nn.settings import PositionOrder, divides_hidden_size, setting
from fw.nn.written_out import is_eager_on_cpu
from fw.random import Rng

Bias = Literal["position", "position_and_time", "none"]
# Of the repository: the natural logarithm over 0.301, so that a bucket is a factor of 1.35.
_BUCKET, _MOST_BUCKETS = 0.301, 128


def needs_times(settings: HSTU, attribute: Any, value: bool) -> None:
    """Accept the time of the target only where there is a bias of time."""
    if value and not settings.timed:
        raise ValueError('target_time needs relative_bias = "position_and_time"')


@attrs.frozen(kw_only=True)
class HSTU:
    """HSTU (Zhai et al., ICML 2024, arXiv 2402.17152, eq. 1 to 3), causal.

    As in ``research/modeling/sequential/hstu.py`` of its repository (generative-recommenders), the
    setting of the paper's section 4.1.1: U, V, Q, K = SiLU(LN(x) W), and A = SiLU(Q K^T + bias) / n
    over the items up to a position's own, without a softmax, n being ``max_len``; the block gives
    x + Drop(U * LN(A V)) W2. These LayerNorms have no weights. Embeddings are scaled, with learned
    positions.

    The bias that is added depends on how many items back a key is, and with ``relative_bias =
    "position_and_time"``, as in the repository, also on how long ago it was, in buckets of the
    logarithm. There "ago" is before the next item, so that every position knows the time of what it
    is to predict, at test too; here it is before the position's own item, unless ``target_time``
    says otherwise. Where histories come without times, all their items count as of one moment.

    Differs from the repository's configurations in the default of scoring: there states and item
    embeddings are brought to length 1 and divided by a temperature of 0.05 (``final_norm = false``,
    ``cosine_temperature = 0.05``); here states end with a LayerNorm (its other choice,
    ``layer_norm``), and scores are plain products.
    """

    causal: ClassVar[bool] = True
    embeds_inputs: ClassVar[bool] = True

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
    relative_bias: Bias = setting("position", "added to the scores of attention")
    target_time: bool = setting(
        False, "count time back from that of the target, not of the newest item", needs_times
    )
    dropout: float = setting(
        0.2, "share dropped of embeddings and of what is gated", validators.below_one
    )
    scale_embeddings: bool = setting(True, "multiply item embeddings by sqrt(hidden_size)")
    positions: PositionOrder = setting("from_start", "how learned positions are counted")
    final_norm: bool = setting(True, "LayerNorm after the last block")
    cosine_temperature: float | None = setting(
        None, "score by cosines over this; left out: by inner products", validators.positive
    )
    norm_epsilon: float = setting(1e-6, "added to variances in LayerNorm", validators.positive)

    @property
    def timed(self) -> bool:
        """Whether there is a bias of time."""
        return self.relative_bias == "position_and_time"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that sequences are to come with."""
        return (TIME, *([NEXT_TIME] if self.target_time else [])) if self.timed else ()

    def build(self, info: Info) -> SequenceEncoder:
        """Make the encoder, its weights drawn from torch's global generator."""
        size = self.hidden_size
        kind = partial(TimedEncoder, self.target_time) if self.timed else SequenceEncoder
        return kind(
            items=ItemTable(info.num_items, size, INITS["truncated_normal"]),
            input_items=None,
            embedding=self._embedding(info.max_len),
            blocks=[TransductionUnit(self, info.max_len) for _ in range(self.num_blocks)],
            norm=LayerNorm(size, self.norm_epsilon) if self.final_norm else None,
            max_len=info.max_len,
            cosine_temperature=self.cosine_temperature,
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


class TimedBegun(NamedTuple):
    """What the blocks are given, and the bucket of the time between every two items."""

    hidden: Tensor  # [B, L, D]
    mask: Tensor
    kept: None
    buckets: Tensor  # [B, L, L] int64


class TimedEncoder(SequenceEncoder):
    """Sequences to hidden states, each of the items up to its own and of their times."""

    def __init__(self, target_time: bool, **parts: Any) -> None:
        super().__init__(**parts)
        self.target_time = target_time

    def _begin(self, sequences: Sequences, rng: Rng | None) -> TimedBegun:
        return TimedBegun(*super()._begin(sequences, rng), self._buckets(sequences))

    def _buckets(self, sequences: Sequences) -> Tensor:
        """Return the bucket of the time from each key to each query: [B, queries, keys]."""
        times = sequences.columns.get(TIME, torch.zeros_like(sequences.items))
        until = sequences.columns.get(NEXT_TIME, times) if self.target_time else times
        apart = (until[:, :, None] - times[:, None, :]).abs().clamp(min=1)
        return (apart.float().log() / _BUCKET).long().clamp(max=_MOST_BUCKETS)

    def _transform(self, begun: TimedBegun, rng: Rng | None, only: Tensor | None = None) -> Tensor:
        hidden, mask, _, buckets = begun
        for number, block in enumerate(self.blocks, start=1):
            place = None if rng is None else rng.child(f"block {number - 1}")
            if only is not None and number == len(self.blocks):
                mask, buckets = take_queries(mask, only), take(buckets, only)
                hidden = block(hidden, mask, place, only, buckets)
            else:
                hidden = block(hidden, mask, place, None, buckets)
        return self._finished(hidden)


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
        self.packs = not settings.timed
        self.num_heads, self.max_len, self.epsilon = heads, max_len, settings.norm_epsilon
        self.sizes = [heads * value, heads * value, heads * attention, heads * attention]
        self.inward = Linear(size, sum(self.sizes), bias=False)
        nn.init.normal_(self.inward.weight, std=0.02)
        self.outward = Linear(heads * value, size)
        nn.init.xavier_uniform_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)
        self.by_distance = self.by_time = None
        if settings.relative_bias != "none":
            self.by_distance = nn.Parameter(0.02 * torch.randn(max_len))
        if settings.timed:
            self.by_time = nn.Parameter(0.02 * torch.randn(_MOST_BUCKETS + 1))
        self.dropout = AddressDropout(settings.dropout, "gated")

    def forward(
        self,
        hidden: Tensor,
        mask: Tensor | Packing,
        rng: Rng | None,
        only: Tensor | None = None,
        buckets: Tensor | None = None,
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or with ``only``, a place of each row, to [B, 1, D]."""
        gate, value, query, key = silu(self.inward(self._norm(hidden))).split(self.sizes, -1)
        if isinstance(mask, Packing):
            attended = self._attend_packed(query, key, value, mask)
        else:
            bias = self._bias(hidden.shape[1], only, buckets)
            attended = self._attend(Block.at(query, only), key, value, mask, bias)
        gated = Block.at(gate, only) * self._norm(attended)
        transformed: Tensor = self.outward(self.dropout(gated, rng))
        return Block.at(hidden, only) + transformed

    def _attend_packed(self, query: Tensor, key: Tensor, value: Tensor, packing: Packing) -> Tensor:
        """Attend within the rows of all parts, [T, ...]."""
        biases = [self._bias(width) for _, width in packing.shapes]
        if not is_eager_on_cpu(query):
            parts = zip(*map(packing.cut, (query, key, value)), packing.masks, biases, strict=True)
            return torch.cat([self._attend(*part).flatten(0, 1) for part in parts])
        hiding = [
            bias + mask.clamp(min=HIDDEN) for bias, mask in zip(biases, packing.masks, strict=True)
        ]
        scale = 1 / self.max_len
        given = (query, key, value, packing, self.num_heads, hiding, scale)
        return attend_pointwise_in_parts(*given)

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, bias: Tensor | float
    ) -> Tensor:
        """Return SiLU(query key^T + bias) value / max_len: [B, Q, heads * value size]."""
        query, key, value = (by_head(part, self.num_heads) for part in (query, key, value))
        weights = silu(query @ key.mT + bias) / self.max_len  # [B, heads, Q, L]
        seen = mask == 0 if mask.dim() == 2 else (mask == 0).unsqueeze(1)
        attended = torch.where(seen, weights, 0) @ value
        return attended.transpose(1, 2).flatten(2)

    def _bias(
        self, length: int, only: Tensor | None = None, buckets: Tensor | None = None
    ) -> Tensor | float:
        """Return the bias of all pairs, [L, L] or [B, 1, L, L], or of one query, [B, 1, 1, L]."""
        if self.by_distance is None:
            return 0.0
        places = torch.arange(length, device=self.by_distance.device)
        queries = places if only is None else only[:, None, None]
        bias = _looked_up(self.by_distance, (queries[..., None] - places).clamp(min=0))
        return bias if buckets is None else bias + _looked_up(self.by_time, buckets).unsqueeze(1)

    def _norm(self, values: Tensor) -> Tensor:
        return layer_norm(values, values.shape[-1:], eps=self.epsilon)


def _looked_up(table: Tensor, places: Tensor) -> Tensor:
    """Return the numbers of a table ([N]) at places of any shape."""
    return table.index_select(0, places.flatten()).view(places.shape)


@hookimpl
def register_encoders(register):
    """Offer ``hstu``."""
    register("hstu", HSTU)
