"""BERT4Rec: BERT's transformer over items, which sees both sides of a hidden one."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, ClassVar, get_args

import attrs
from torch import nn

from fw import hookimpl, validators
from fw.nn.block import PostNormBlock
from fw.nn.feed_forward import Activation
from fw.nn.initialisation import Init
from fw.nn.norm import LayerNorm
from fw.nn.settings import (
    DropoutPlace,
    EncoderSettings,
    PositionOrder,
    divides_hidden_size,
    setting,
)


@attrs.frozen(kw_only=True)
class BERT4Rec(EncoderSettings):
    """BERT4Rec (Sun et al., CIKM 2019, arXiv 1904.06690), not causal, for the task ``masked_item``.

    As in the authors' code, FeiSun/BERT4Rec: LayerNorm on embeddings, then dropout; h = LN(x +
    g(x)) around attention and a feed-forward network of four times the width with GELU; dropout
    everywhere; learned positions from the start; weights from N(0, 0.02), cut off. ``head`` is
    LN(GELU(x W + b)) on the last states (eq. 7, and the code's LayerNorm); RecTools and many others
    have none. Scores are products with the embeddings that items enter by; the paper adds a bias
    for each item, which is left out here.
    """

    causal: ClassVar[bool] = False
    block = PostNormBlock
    embedding_norm = True
    inner_factor = 4

    hidden_size: int = setting(64, "width of embeddings and states", validators.at_least(1))
    num_heads: int = setting(2, "heads of attention", divides_hidden_size)
    inner_size: int | None = setting(
        None, "inside the feed-forward network; left out: 4 * hidden_size", validators.at_least(1)
    )
    activation: Activation = setting("gelu", "inside the feed-forward network")
    dropout_at: tuple[DropoutPlace, ...] = setting(get_args(DropoutPlace), "where dropout acts")
    scale_embeddings: bool = setting(False, "multiply item embeddings by sqrt(hidden_size)")
    positions: PositionOrder = setting("from_start", "how learned positions are counted")
    out_projection: bool = setting(True, "a linear map after attention")
    final_norm: bool = setting(False, "LayerNorm after the last block")
    head: bool = setting(True, "linear map, GELU and LayerNorm on what the blocks give")
    init: Init = setting("truncated_normal", "initial weights; normal is N(0, 0.02)")
    norm_epsilon: float = setting(1e-12, "added to variances in LayerNorm", validators.positive)

    def _block_parts(self) -> dict[str, Any]:
        return {**super()._block_parts(), "causal": False}

    def _head(self) -> nn.Module | None:
        if not self.head:
            return None
        size = self.hidden_size
        layers = {
            "dense": nn.Linear(size, size),
            "activation": nn.GELU(),
            "norm": LayerNorm(size, self.norm_epsilon),
        }
        return nn.Sequential(OrderedDict(layers))


@hookimpl
def register_encoders(register):
    """Offer ``bert4rec``."""
    register("bert4rec", BERT4Rec)
