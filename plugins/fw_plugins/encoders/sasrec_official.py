"""SASRec as its authors' code computes it."""

from __future__ import annotations

import attrs
from torch import Tensor

from fw import hookimpl
from fw.nn.block import Block
from fw.nn.packing import Packing
from fw.nn.settings import DropoutPlace, EncoderSettings, setting
from fw.random import Rng


class QueryNormBlock(Block):
    """LayerNorm on queries alone; residuals start from what LayerNorm gave, not from its input."""

    packs = True

    def forward(
        self, hidden: Tensor, mask: Tensor | Packing, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or to [B, 1, D]."""
        queries = self.attention_norm(self.at(hidden, only))
        hidden = self.attend(queries, hidden, mask, rng, queries)
        hidden = self.feed_forward_norm(hidden)
        return self.transform(hidden, rng, hidden)


@attrs.frozen(kw_only=True)
class SASRecOfficial(EncoderSettings):
    """SASRec (Kang and McAuley, ICDM 2018) as in the authors' code, kang205/SASRec.

    With q = LN(x): h = q + Attention(q, x, x), f = LN(h), and the block gives f + FFN(f). The code
    thus differs from the paper in what is normalised and in where residuals start. pmixer's
    SASRec.pytorch was the same until April 2025, but with an output projection, padding that is
    attended to, and Xavier normal weights.
    """

    block = QueryNormBlock

    dropout_at: tuple[DropoutPlace, ...] = setting(
        ("embeddings", "attention_weights", "inner", "feed_forward"), "where dropout acts"
    )
    zero_padding: bool = setting(True, "where padding is attended to, zero it after each block")


@hookimpl
def register_encoders(register):
    """Offer ``sasrec_official``."""
    register("sasrec_official", SASRecOfficial)
