"""The settings that encoders of SASRec's kind share, and the encoder that they describe."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Literal, get_args

import attrs
from torch import nn

from fw.config import validators
from fw.interfaces import Info
from fw.nn.block import Block
from fw.nn.embedding import Embedding
from fw.nn.encoder import AttendedPaddingEncoder, SequenceEncoder
from fw.nn.feed_forward import Activation
from fw.nn.initialisation import INITS, Init, initialise_linear
from fw.nn.items import ItemTable
from fw.nn.norm import LayerNorm
from fw.nn.positions import Positions

DropoutPlace = Literal["embeddings", "attention_weights", "attention", "inner", "feed_forward"]
PositionOrder = Literal["from_end", "from_start", "none"]


def setting(
    default: Any, text: str, validator: Callable[[Any, Any, Any], None] | None = None
) -> Any:
    """Declare a setting: its default, what it is in one line, and what it may be."""
    return attrs.field(default=default, validator=validator, metadata={"help": text})


def divides_hidden_size(settings: EncoderSettings, attribute: Any, value: int) -> None:
    """Accept numbers of heads that cut ``hidden_size`` into equal parts."""
    validators.at_least(1)(settings, attribute, value)
    size = settings.hidden_size
    if size % value:
        raise ValueError(f"num_heads must divide hidden_size ({size}), found {value}")


@attrs.frozen(kw_only=True)
class EncoderSettings:
    """Switches in which implementations differ.

    Where LayerNorm and residual stand is the ``block``, which a subclass names; it gives the
    defaults of its source, too. ``dropout`` acts at the places in ``dropout_at``: on embeddings, on
    attention weights, after attention, inside and after the feed-forward network.
    ``positions = "from_end"`` counts as implementations do that pad on the left.
    ``hide_padding = false`` imitates those in which padding is attended to, at their cost. With a
    ``cosine_temperature`` states and the rows that score items have length 1, under any loss, as
    in CORE (Hou et al., SIGIR 2022; 0.07 in RecBole's ``core.py``); items enter with their own.
    """

    causal: ClassVar[bool] = True
    embeds_inputs: ClassVar[bool] = True
    block: ClassVar[type[Block]]
    embedding_norm: ClassVar[bool] = False  # LayerNorm before the first block
    inner_factor: ClassVar[int] = 1  # inner_size, where it is left out, in hidden sizes

    hidden_size: int = setting(50, "width of embeddings and states", validators.at_least(1))
    num_blocks: int = setting(2, "blocks of attention and feed-forward", validators.at_least(1))
    num_heads: int = setting(1, "heads of attention", divides_hidden_size)
    inner_size: int | None = setting(
        None, "inside the feed-forward network; left out: hidden_size", validators.at_least(1)
    )
    activation: Activation = setting("relu", "inside the feed-forward network")
    dropout: float = setting(0.2, "share dropped, in steps of 1/256", validators.below_one)
    dropout_at: tuple[DropoutPlace, ...] = setting((), "where dropout acts")
    scale_embeddings: bool = setting(True, "multiply item embeddings by sqrt(hidden_size)")
    positions: PositionOrder = setting("from_end", "how learned positions are counted")
    hide_padding: bool = setting(True, "false: attend to padding, at width max_len; slow")
    zero_padding: bool = setting(False, "where padding is attended to, zero it after each block")
    out_projection: bool = setting(False, "a linear map after attention")
    final_norm: bool = setting(True, "LayerNorm after the last block")
    tied: bool = setting(True, "score items with the table that embeds them")
    cosine_temperature: float | None = setting(
        None, "score by cosines over this; left out: by inner products", validators.positive
    )
    init: Init = setting("xavier_uniform", "initial weights; normal is N(0, 0.02)")
    norm_epsilon: float = setting(1e-8, "added to variances in LayerNorm", validators.positive)

    def build(self, info: Info) -> SequenceEncoder:
        """Make the encoder, its weights drawn from torch's global generator."""
        parts: dict[str, Any] = {
            "items": self._table(info),
            "input_items": None if self.tied else self._table(info),
            "embedding": self._embedding(info),
            "blocks": [self._block() for _ in range(self.num_blocks)],
            "norm": self._norm(self.final_norm),
            "head": self._head(),
            "causal": self.causal,
            "max_len": info.max_len,
            "cosine_temperature": self.cosine_temperature,
        }
        encoder = self._encoder(parts)
        initialise_linear(encoder, self.init)
        return encoder

    def _encoder(self, parts: dict[str, Any]) -> SequenceEncoder:
        if self.hide_padding:
            return SequenceEncoder(**parts)
        return AttendedPaddingEncoder(zero_padding=self.zero_padding, **parts)

    def _table(self, info: Info) -> ItemTable:
        return ItemTable(info.num_items, self.hidden_size, INITS[self.init])

    def _embedding(self, info: Info) -> Embedding:
        return Embedding(
            scale=math.sqrt(self.hidden_size) if self.scale_embeddings else 1.0,
            positions=self._positions(info.max_len),
            norm=self._norm(self.embedding_norm),
            dropout=self._dropout("embeddings"),
        )

    def _positions(self, max_len: int) -> Positions | None:
        if self.positions == "none":
            return None
        return Positions(max_len, self.hidden_size, self.positions, INITS[self.init])

    def _block(self) -> Block:
        return self.block(**self._block_parts())

    def _block_parts(self) -> dict[str, Any]:
        return {
            "size": self.hidden_size,
            "num_heads": self.num_heads,
            "inner_size": self.inner_size or self.inner_factor * self.hidden_size,
            "activation": self.activation,
            "out_projection": self.out_projection,
            "norm_epsilon": self.norm_epsilon,
            "dropout": {place: self._dropout(place) for place in get_args(DropoutPlace)},
        }

    def _head(self) -> nn.Module | None:
        return None

    def _dropout(self, place: DropoutPlace) -> float:
        return self.dropout if place in self.dropout_at else 0.0

    def _norm(self, wanted: bool) -> LayerNorm | None:
        return LayerNorm(self.hidden_size, self.norm_epsilon) if wanted else None
