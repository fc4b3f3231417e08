"""The parts of one block of a transformer; where they stand in it is up to a subclass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn

from fw.nn.attending import take
from fw.nn.attention import SelfAttention
from fw.nn.dropout import AddressDropout
from fw.nn.feed_forward import Activation, make_feed_forward
from fw.nn.norm import LayerNorm
from fw.nn.packing import Packing
from fw.random import Rng


class Block(nn.Module):
    """Attention, a feed-forward network, and for each of them a LayerNorm and a dropout.

    A subclass writes ``forward(hidden, mask, rng, only)`` from these: [B, L, D] to [B, L, D], with
    the mask of :class:`fw.nn.attention.SelfAttention`. With ``only``, a place of each row ([B]), it
    returns that one's state alone, [B, 1, D]; the mask is then [B, 1, L]. ``dropout`` has the
    probabilities after "attention" and "feed_forward", in "attention_weights", and in "inner",
    before the last linear map of the feed-forward network.

    A block that looks at other positions in :meth:`attend` alone may say ``packs = True``. It is
    then given [T, D], the positions of many rows behind one another, with a
    :class:`fw.nn.packing.Packing` in place of the mask.
    """

    packs: ClassVar[bool] = False

    def __init__(
        self,
        *,
        size: int,
        num_heads: int,
        inner_size: int,
        activation: Activation,
        out_projection: bool,
        norm_epsilon: float,
        dropout: Mapping[str, float],
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.attention_norm = LayerNorm(size, norm_epsilon)
        self.attention = SelfAttention(
            size,
            num_heads,
            dropout=dropout["attention_weights"],
            out_projection=out_projection,
            causal=causal,
        )
        self.attention_dropout = AddressDropout(dropout["attention"], "attention")
        self.feed_forward_norm = LayerNorm(size, norm_epsilon)
        self.feed_forward = make_feed_forward(
            size, inner_size, activation=activation, dropout=dropout["inner"]
        )
        self.feed_forward_dropout = AddressDropout(dropout["feed_forward"], "feed forward")

    @staticmethod
    def at(values: Tensor, only: Tensor | None) -> Tensor:
        """Return the values ([B, L, D]), or those at one place of each row: [B, 1, D]."""
        return values if only is None else take(values, only)

    def attend(
        self,
        queries: Tensor,
        memory: Tensor,
        mask: Tensor | Packing,
        rng: Rng | None,
        onto: Tensor | None = None,
    ) -> Tensor:
        """Return attention from ``queries`` to ``memory`` (both [B, L, D]) after dropout.

        It is added to ``onto``, if that is given: a residual in the same pass over memory.
        """
        attended = self.attention(queries, memory, mask, rng)
        dropped: Tensor = self.attention_dropout(attended, rng, onto)
        return dropped

    def transform(self, hidden: Tensor, rng: Rng | None, onto: Tensor | None = None) -> Tensor:
        """Return the feed-forward network of ``hidden`` ([B, L, D]) after dropout.

        It is added to ``onto``, if that is given.
        """
        dropped: Tensor = self.feed_forward_dropout(self.feed_forward(hidden, rng), rng, onto)
        return dropped


class PostNormBlock(Block):
    """LayerNorm after the residual of attention, and after that of the feed-forward network."""

    packs = True

    def forward(
        self, hidden: Tensor, mask: Tensor | Packing, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or to [B, 1, D]."""
        own = self.at(hidden, only)
        hidden = self.attention_norm(self.attend(own, hidden, mask, rng, own))
        normalised: Tensor = self.feed_forward_norm(self.transform(hidden, rng, hidden))
        return normalised
