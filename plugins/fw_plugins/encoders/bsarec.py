"""BSARec: self-attention beside a filter of frequencies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor, nn

from fw import Sequences, hookimpl, validators
from fw.nn.attending import causal_mask, hide_gaps
from fw.nn.block import Block
from fw.nn.dropout import AddressDropout
from fw.nn.embedding import is_item
from fw.nn.encoder import AttendedPaddingEncoder, Begun
from fw.nn.feed_forward import Activation
from fw.nn.initialisation import Init
from fw.nn.norm import LayerNorm
from fw.nn.settings import DropoutPlace, EncoderSettings, divides_hidden_size, setting
from fw.random import Rng


class FilteredBlock(Block):
    """A filter and attention on one input, each with residual and LayerNorm, mixed, then FFN.

    With low = the lowest frequencies of x over all slots: f = LN(x + Drop(low + b^2 (x - low))),
    h = alpha f + (1 - alpha) LN(x + Drop(Attention(x))), and the block gives LN(h + Drop(FFN(h))).
    The filter's dropout is that after attention.
    """

    def __init__(
        self,
        *,
        size: int,
        norm_epsilon: float,
        dropout: Mapping[str, float],
        alpha: float,
        num_frequencies: int,
        **parts: Any,
    ) -> None:
        super().__init__(size=size, norm_epsilon=norm_epsilon, dropout=dropout, **parts)
        self.alpha, self.num_frequencies = alpha, num_frequencies
        self.high = nn.Parameter(torch.randn(size))  # b
        self.filter_dropout = AddressDropout(dropout["attention"], "filter")
        self.filter_norm = LayerNorm(size, norm_epsilon)

    def forward(
        self, hidden: Tensor, mask: Tensor, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, slots, D] to [B, slots, D], or to [B, 1, D]."""
        own, kept = self.at(hidden, only), self.at(self.filtered(hidden), only)
        kept = self.filter_norm(self.filter_dropout(kept, rng, own))
        attended = self.attention_norm(self.attend(own, hidden, mask, rng, own))
        mixed = self.alpha * kept + (1 - self.alpha) * attended
        return self.feed_forward_norm(self.transform(mixed, rng, mixed))

    def filtered(self, hidden: Tensor) -> Tensor:
        """Return the lowest frequencies as they are, and the others times b^2: [B, slots, D]."""
        waves = lowest_waves(hidden.shape[1], self.num_frequencies, hidden)
        low = waves.T @ (waves @ hidden)
        return low + self.high.square() * (hidden - low)


def lowest_waves(length: int, number: int, like: Tensor) -> Tensor:
    """Return orthonormal waves of the ``number`` lowest frequencies: [W, length].

    Projecting on them is what the inverse Fourier transform makes of a spectrum whose other
    frequencies are set to 0, by two thin matrix products. In the type of ``like``.
    """
    wide = torch.promote_types(like.dtype, torch.float32)
    slots = torch.arange(length, device=like.device, dtype=wide)
    frequencies = slots[: min(number, length // 2 + 1), None]
    angles = 2 * math.pi / length * frequencies * slots
    # The sine of frequency 0 is 0 everywhere, and so is that of half the length.
    waves = torch.cat([angles.cos(), angles[1 : (length + 1) // 2].sin()])
    return (waves / waves.norm(dim=1, keepdim=True)).to(like.dtype)


class FilteredEncoder(AttendedPaddingEncoder):
    """Encodes left-padded copies of width ``max_len``, in which the filter sees padding.

    Not causal: a filter of frequencies gives every slot something of every other.
    """

    causal = False

    def __init__(self, *, hide_padding: bool, **parts: Any) -> None:
        super().__init__(**parts)
        self.hide_padding = hide_padding

    def _begin(self, sequences: Sequences, rng: Rng | None) -> Begun:
        items, hidden = self._slots(sequences, rng)
        mask = causal_mask(self.max_len, hidden)
        mask = hide_gaps(mask, items) if self.hide_padding else mask
        kept = is_item(items, hidden) if self.zero_padding else None
        return Begun(hidden if kept is None else hidden * kept, mask, kept)


@attrs.frozen(kw_only=True)
class BSARec(EncoderSettings):
    """BSARec (Shin et al., AAAI 2024, arXiv 2312.10325; its repository yehjin-shin/BSARec).

    NOT CAUSAL: its attention looks back alone, but the filter transforms the whole sequence, so
    that every state contains later items. It goes with tasks whose target is not among the inputs
    (``last_item``), as in its repository, and is refused with ``next_item``.

    The transformer of ``sasrec_bert`` with a filter beside attention (:class:`FilteredBlock`). As
    in the repository, sequences are padded on the left to ``max_len``, positions are those of
    slots, and the filter sees padding, of which only the position is left. There, a slot of padding
    attends to all slots; here, to itself alone.
    """

    causal: ClassVar[bool] = False
    block = FilteredBlock
    embedding_norm = True
    inner_factor = 4

    alpha: float = setting(0.9, "share of the filter; the rest is attention", validators.fraction)
    cutoff: int = setting(
        3, "c of the paper: the lowest c // 2 + 1 frequencies pass", validators.at_least(0)
    )
    hidden_size: int = setting(64, "width of embeddings and states", validators.at_least(1))
    num_heads: int = setting(2, "heads of attention", divides_hidden_size)
    inner_size: int | None = setting(
        None, "inside the feed-forward network; left out: 4 * hidden_size", validators.at_least(1)
    )
    activation: Activation = setting("gelu", "inside the feed-forward network")
    dropout: float = setting(0.5, "share dropped, in steps of 1/256", validators.below_one)
    dropout_at: tuple[DropoutPlace, ...] = setting(
        ("embeddings", "attention_weights", "attention", "feed_forward"),
        "where dropout acts; on the filter where after attention",
    )
    scale_embeddings: bool = setting(False, "multiply item embeddings by sqrt(hidden_size)")
    hide_padding: bool = setting(True, "from attention; the filter sees padding all the same")
    zero_padding: bool = setting(False, "zero padding before the first block and after each")
    out_projection: bool = setting(True, "a linear map after attention")
    final_norm: bool = setting(False, "LayerNorm after the last block")
    init: Init = setting("normal", "initial weights; normal is N(0, 0.02)")
    norm_epsilon: float = setting(1e-12, "added to variances in LayerNorm", validators.positive)

    def _block(self) -> FilteredBlock:
        return FilteredBlock(
            alpha=self.alpha, num_frequencies=self.cutoff // 2 + 1, **self._block_parts()
        )

    def _encoder(self, parts: dict[str, Any]) -> FilteredEncoder:
        return FilteredEncoder(
            hide_padding=self.hide_padding, zero_padding=self.zero_padding, **parts
        )


@hookimpl
def register_encoders(register):
    """Offer ``bsarec``."""
    register("bsarec", BSARec)
