"""SASRec with LayerNorm after the residuals."""

from __future__ import annotations

import attrs

from fw import hookimpl
from fw.nn.block import PostNormBlock
from fw.nn.initialisation import Init
from fw.nn.settings import DropoutPlace, EncoderSettings, setting


@attrs.frozen(kw_only=True)
class SASRecPostLN(EncoderSettings):
    """SASRec (Kang and McAuley, ICDM 2018) with LayerNorm after each residual: h = LN(x + g(x)).

    The default of pmixer/SASRec.pytorch since May 2025, but for padding, which is attended to
    there (``hide_padding = false``). The order is that of the first Transformer (Vaswani et al.,
    NeurIPS 2017); the LayerNorm after the last block is a second one in a row, as in that code.
    """

    block = PostNormBlock

    dropout_at: tuple[DropoutPlace, ...] = setting(
        ("embeddings", "attention_weights", "inner", "feed_forward"), "where dropout acts"
    )
    out_projection: bool = setting(True, "a linear map after attention")
    init: Init = setting("xavier_normal", "initial weights; normal is N(0, 0.02)")


@hookimpl
def register_encoders(register):
    """Offer ``sasrec_post_ln``."""
    register("sasrec_post_ln", SASRecPostLN)
