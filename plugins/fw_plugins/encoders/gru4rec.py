"""GRU4Rec: a recurrent network over items."""

from __future__ import annotations

from typing import ClassVar

import attrs
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl, keep_items, validators
from fw.interfaces import PAD
from fw.nn.dropout import AddressDropout
from fw.nn.embedding import is_item
from fw.nn.initialisation import INITS, initialise_linear
from fw.nn.inputs import Inputs, embedded
from fw.nn.items import ItemTable
from fw.nn.settings import setting
from fw.random import Rng


@attrs.frozen(kw_only=True)
class GRU4Rec:
    """GRU4Rec (Hidasi et al., ICLR 2016), causal, in the form that papers compare with.

    That is the form of Tan et al. (DLRS 2016) in RecBole: embeddings, dropout, layers of gated
    recurrent units without biases, and a linear map back to the width of the embeddings, which also
    score the items. The first GRU4Rec differs in loss and sampling, and in feeding one-hot items.
    Embeddings start from Xavier's normal, other weights from his uniform distribution, here in
    every layer (RecBole: in the first).
    """

    causal: ClassVar[bool] = True
    embeds_inputs: ClassVar[bool] = True

    hidden_size: int = setting(64, "width of embeddings and states", validators.at_least(1))
    recurrent_size: int = setting(128, "width of the recurrent units", validators.at_least(1))
    num_layers: int = setting(1, "recurrent layers", validators.at_least(1))
    dropout: float = setting(
        0.3, "share of embeddings dropped, in steps of 1/256", validators.below_one
    )
    bias: bool = setting(False, "biases in the recurrent units")

    def build(self, info: Info) -> GRUEncoder:
        """Make the encoder, its weights drawn from torch's global generator."""
        encoder = GRUEncoder(self, info.num_items)
        initialise_linear(encoder, "xavier_uniform")
        return encoder


class GRUEncoder(nn.Module):
    """Items to hidden states, each of the items up to its own.

    Padding after a row's items comes too late to matter. Between items it is closed up, so that the
    state before a gap is that after it.
    """

    causal = True

    def __init__(self, settings: GRU4Rec, num_items: int) -> None:
        super().__init__()
        size = settings.recurrent_size
        self.hidden_size = settings.hidden_size
        self.items = ItemTable(num_items, self.hidden_size, INITS["xavier_normal"])
        self.inputs: Inputs | None = None  # what else is embedded
        self.dropout = AddressDropout(settings.dropout, "embeddings")
        self.layers = nn.GRU(
            self.hidden_size, size, settings.num_layers, bias=settings.bias, batch_first=True
        )
        self.output = nn.Linear(size, self.hidden_size)
        for weights in self.layers.parameters():
            (nn.init.xavier_uniform_ if weights.dim() > 1 else nn.init.zeros_)(weights)

    def forward(self, sequences: Sequences, rng: Rng | None = None) -> Tensor:
        """Return [B, L, D], 0 at padding; without ``rng`` nothing is dropped."""
        items = sequences.items
        closed = keep_items(sequences, items != PAD) if sequences.gaps else sequences
        rows = self.items.rows(closed.items)
        rows = embedded(self.inputs, rows, closed.items, closed.columns, rng)
        states: Tensor = self.output(self.layers(self.dropout(rows, rng))[0])
        if sequences.gaps:
            places = ((items != PAD).cumsum(1) - 1).clamp(min=0)
            states = states.gather(1, places.unsqueeze(-1).expand(states.shape))
        return states * is_item(items, states)


@hookimpl
def register_encoders(register):
    """Offer ``gru4rec``."""
    register("gru4rec", GRU4Rec)
