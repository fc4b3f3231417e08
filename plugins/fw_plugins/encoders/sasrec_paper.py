"""SASRec as its paper describes it."""

from __future__ import annotations

import attrs
from torch import Tensor

from fw import hookimpl
from fw.nn.block import Block
from fw.nn.packing import Packing
from fw.nn.settings import DropoutPlace, EncoderSettings, setting
from fw.random import Rng


class PreNormBlock(Block):
    """LayerNorm on the input of attention and feed-forward network; residuals pass by both."""

    packs = True

    def forward(
        self, hidden: Tensor, mask: Tensor | Packing, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or to [B, 1, D]."""
        normalised = self.attention_norm(hidden)
        own = self.at(hidden, only)
        hidden = self.attend(self.at(normalised, only), normalised, mask, rng, own)
        return self.transform(self.feed_forward_norm(hidden), rng, hidden)


@attrs.frozen(kw_only=True)
class SASRecPaper(EncoderSettings):
    """SASRec as in its paper (Kang and McAuley, ICDM 2018, section III): g(x) = x + Drop(g(LN(x))).

    h = x + Drop(Attention(LN(x))), and the block gives h + Drop(FFN(LN(h))). What the paper leaves
    open (the scale of embeddings, the last LayerNorm, initial weights) is as in the authors' code.
    pmixer's SASRec.pytorch with ``--norm_first`` has the same block, with an output projection,
    padding that is attended to, and dropout on attention weights and inside the feed-forward
    network but not after attention.
    """

    block = PreNormBlock

    dropout_at: tuple[DropoutPlace, ...] = setting(
        ("embeddings", "attention", "feed_forward"), "where dropout acts"
    )


@hookimpl
def register_encoders(register):
    """Offer ``sasrec_paper``."""
    register("sasrec_paper", SASRecPaper)
