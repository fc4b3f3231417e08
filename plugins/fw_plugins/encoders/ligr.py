"""LiGR: a transformer whose residuals are gated, the encoder of eSASRec."""

from __future__ import annotations

from typing import get_args

import attrs
import torch
from torch import Tensor

from fw import hookimpl, validators
from fw.nn.block import Block
from fw.nn.feed_forward import Activation
from fw.nn.initialisation import Init
from fw.nn.linear import Linear
from fw.nn.packing import Packing
from fw.nn.settings import DropoutPlace, EncoderSettings, setting
from fw.random import Rng


class GatedBlock(Block):
    """LayerNorm on the input of both sublayers; what they give is gated by what they are added to.

    h = x + sigmoid(G1 x) * Attention(LN(x)), and the block gives h + sigmoid(G2 h) * FFN(LN(h)).
    """

    packs = True

    def __init__(self, *, size: int, **parts) -> None:
        super().__init__(size=size, **parts)
        self.attention_gate = Linear(size, size)
        self.feed_forward_gate = Linear(size, size)

    def forward(
        self, hidden: Tensor, mask: Tensor | Packing, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or to [B, 1, D]."""
        normalised = self.attention_norm(hidden)
        attended = self.attend(self.at(normalised, only), normalised, mask, rng)
        hidden = self.at(hidden, only)
        hidden = hidden + torch.sigmoid(self.attention_gate(hidden)) * attended
        transformed = self.transform(self.feed_forward_norm(hidden), rng)
        return hidden + torch.sigmoid(self.feed_forward_gate(hidden)) * transformed


@attrs.frozen(kw_only=True)
class LiGR(EncoderSettings):
    """LiGR (Borisyuk et al., arXiv 2502.03417, section 3), causal, as in eSASRec.

    eSASRec (Tikhonovich et al., RecSys 2025; ``ligr.py`` in RecTools and transformer_benchmark) is
    SASRec with these blocks, trained with a sampled softmax: attention with an output projection, a
    SwiGLU network of four times the width without biases, dropout everywhere, positions counted
    from the end, embeddings not scaled, no LayerNorm after the last block, Xavier normal weights.
    Differs from RecTools in biases, which begin at 0, and in hiding padding, which is a switch
    there (on in the eSASRec runs).
    """

    block = GatedBlock
    inner_factor = 4

    hidden_size: int = setting(64, "width of embeddings and states", validators.at_least(1))
    inner_size: int | None = setting(
        None, "inside the feed-forward network; left out: 4 * hidden_size", validators.at_least(1)
    )
    activation: Activation = setting("swiglu", "inside the feed-forward network")
    dropout: float = setting(0.1, "share dropped, in steps of 1/256", validators.below_one)
    dropout_at: tuple[DropoutPlace, ...] = setting(get_args(DropoutPlace), "where dropout acts")
    scale_embeddings: bool = setting(False, "multiply item embeddings by sqrt(hidden_size)")
    out_projection: bool = setting(True, "a linear map after attention")
    final_norm: bool = setting(False, "LayerNorm after the last block")
    init: Init = setting("xavier_normal", "initial weights; normal is N(0, 0.02)")
    norm_epsilon: float = setting(1e-5, "added to variances in LayerNorm", validators.positive)


@hookimpl
def register_encoders(register):
    """Offer ``ligr``."""
    register("ligr", LiGR)
