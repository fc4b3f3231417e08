"""SASRec on the transformer of BERT, as many libraries have it."""

from __future__ import annotations

from typing import get_args

import attrs

from fw import hookimpl, validators
from fw.nn.block import PostNormBlock
from fw.nn.feed_forward import Activation
from fw.nn.initialisation import Init
from fw.nn.settings import (
    DropoutPlace,
    EncoderSettings,
    PositionOrder,
    divides_hidden_size,
    setting,
)


@attrs.frozen(kw_only=True)
class SASRecBERT(EncoderSettings):
    """SASRec under BERT's transformer (Devlin et al., NAACL 2019), causal, as in RecBole.

    The encoder of RecBole, S3Rec, CL4SRec-pytorch, CoSeRec, ICLRec and DuoRec: LayerNorm on
    embeddings, then dropout; h = LN(x + g(x)) around attention with an output projection and a
    feed-forward network of four times the width with GELU; dropout everywhere; weights from
    N(0, 0.02). S3Rec, CoSeRec and ICLRec pad on the left: ``positions = "from_end"``.
    """

    block = PostNormBlock
    embedding_norm = True
    inner_factor = 4

    hidden_size: int = setting(64, "width of embeddings and states", validators.at_least(1))
    num_heads: int = setting(2, "heads of attention", divides_hidden_size)
    inner_size: int | None = setting(
        None, "inside the feed-forward network; left out: 4 * hidden_size", validators.at_least(1)
    )
    activation: Activation = setting("gelu", "inside the feed-forward network")
    dropout: float = setting(0.5, "share dropped, in steps of 1/256", validators.below_one)
    dropout_at: tuple[DropoutPlace, ...] = setting(get_args(DropoutPlace), "where dropout acts")
    scale_embeddings: bool = setting(False, "multiply item embeddings by sqrt(hidden_size)")
    positions: PositionOrder = setting("from_start", "how learned positions are counted")
    out_projection: bool = setting(True, "a linear map after attention")
    final_norm: bool = setting(False, "LayerNorm after the last block")
    init: Init = setting("normal", "initial weights; normal is N(0, 0.02)")
    norm_epsilon: float = setting(1e-12, "added to variances in LayerNorm", validators.positive)


@hookimpl
def register_encoders(register):
    """Offer ``sasrec_bert``."""
    register("sasrec_bert", SASRecBERT)
