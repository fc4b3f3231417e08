"""LRURec: linear recurrent units in place of attention."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import attrs
import torch
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl, validators
from fw.nn.block import Block
from fw.nn.dropout import AddressDropout
from fw.nn.embedding import is_item
from fw.nn.feed_forward import FeedForward
from fw.nn.initialisation import INITS, initialise_linear
from fw.nn.inputs import Inputs, embedded
from fw.nn.items import ItemTable
from fw.nn.norm import LayerNorm
from fw.nn.scan import Complex, scan
from fw.nn.settings import setting
from fw.random import Rng


def no_less_than_the_smallest(settings: LRU, attribute: Any, value: float) -> None:
    """Accept radii that leave something to draw from."""
    validators.below_one(settings, attribute, value)
    least = settings.smallest_radius
    if not 0 < value >= least:
        raise ValueError(f"largest_radius must be above 0 and at least {least}, found {value}")


@attrs.frozen(kw_only=True)
class LRU:
    """LRURec (Yue et al., WSDM 2024, arXiv 2310.02367; its repository's ``model/lru.py``), causal.

    A block is h = LN(x + Drop(Re(C s))), then LN(h + Drop(FFN(h))), where the states s of a linear
    recurrence, s[t] = lambda * s[t - 1] + gamma * (B x[t] + b), are complex and lambda, gamma are
    learned per state (Orvieto et al., ICML 2023). The feed-forward network is four times as wide,
    with GELU; there are no positions; |lambda| begins between the two radii.

    Differs from the repository: items are scored by the product with their embeddings alone, where
    it adds a bias for each item; biases begin at 0; padding between items feeds nothing into the
    recurrence (the repository has none there). Real and imaginary parts are separate numbers here,
    which is the same model.
    """

    causal: ClassVar[bool] = True
    embeds_inputs: ClassVar[bool] = True

    hidden_size: int = setting(64, "width of embeddings and states", validators.at_least(1))
    num_blocks: int = setting(2, "blocks of recurrence and feed-forward", validators.at_least(1))
    state_size: int | None = setting(
        None, "complex states of a recurrence; left out: 2 * hidden_size", validators.at_least(1)
    )
    smallest_radius: float = setting(0.8, "of |lambda|, at first", validators.below_one)
    largest_radius: float = setting(0.99, "of |lambda|, at first", no_less_than_the_smallest)
    inner_size: int | None = setting(
        None, "inside the feed-forward network; left out: 4 * hidden_size", validators.at_least(1)
    )
    dropout: float = setting(
        0.2, "share dropped of embeddings, inside and after feed-forward", validators.below_one
    )
    recurrence_dropout: float = setting(
        0.2, "share dropped of what a recurrence gives", validators.below_one
    )
    norm_epsilon: float = setting(1e-5, "added to variances in LayerNorm", validators.positive)

    def build(self, info: Info) -> LRUEncoder:
        """Make the encoder, its weights drawn from torch's global generator."""
        encoder = LRUEncoder(self, info.num_items)
        initialise_linear(encoder, "truncated_normal")
        return encoder


class LinearRecurrentUnit(nn.Module):
    """Re(C s + c) with s[t] = lambda * s[t - 1] + gamma * (B x[t] + b), lambda being diagonal.

    lambda is exp(-exp(log_decay) + i exp(log_phase)), so that |lambda| < 1, and gamma exp(log_gain)
    (Orvieto et al., ICML 2023, section 3). ``inward`` has the real part of B x + b in its first
    half; ``outward`` has C's real part, then its imaginary part times -1.
    """

    def __init__(self, size: int, state_size: int, radii: tuple[float, float]) -> None:
        super().__init__()
        self.inward = nn.Linear(size, 2 * state_size)
        self.outward = nn.Linear(2 * state_size, size)
        low, high = radii[0] ** 2, radii[1] ** 2
        first, second = 1 - torch.rand(2, state_size)  # never 0, of which there is no logarithm
        squares = low + first * (high - low)  # of |lambda|: uniform on the ring between the radii
        self.log_decay = nn.Parameter((-squares.log() / 2).log())
        self.log_phase = nn.Parameter((2 * math.pi * second).log())
        self.log_gain = nn.Parameter((1 - squares).log() / 2)

    def forward(self, hidden: Tensor, real: Tensor, only: Tensor | None) -> Tensor:
        """Map [B, L, D] to [B, L, D], or with ``only``, a place of each row, to [B, 1, D].

        Where ``real`` ([B, L, 1]) is 0 nothing is put in. States are float32 or finer.
        """
        inputs = self.inward(hidden)
        wide = torch.promote_types(inputs.dtype, torch.float32)
        decay, gain = self._coefficients(wide)
        parts = (inputs.to(wide) * real).chunk(2, -1)
        states = scan(decay, (parts[0] * gain, parts[1] * gain))
        joined = torch.cat([Block.at(part, only) for part in states], -1)
        return self.outward(joined.to(self.outward.weight.dtype))

    def _coefficients(self, dtype: torch.dtype) -> tuple[Complex, Tensor]:
        """Return lambda and gamma, [S] each."""
        radius = (-self.log_decay.to(dtype).exp()).exp()
        angle = self.log_phase.to(dtype).exp()
        return (radius * angle.cos(), radius * angle.sin()), self.log_gain.to(dtype).exp()


class LRUBlock(nn.Module):
    """A recurrence and a feed-forward network, LayerNorm after the residual of each."""

    def __init__(self, settings: LRU) -> None:
        super().__init__()
        size, inner = settings.hidden_size, settings.inner_size or 4 * settings.hidden_size
        radii = settings.smallest_radius, settings.largest_radius
        self.recurrence = LinearRecurrentUnit(size, settings.state_size or 2 * size, radii)
        self.recurrence_dropout = AddressDropout(settings.recurrence_dropout, "recurrence")
        self.recurrence_norm = LayerNorm(size, settings.norm_epsilon)
        self.feed_forward = FeedForward(size, inner, activation="gelu", dropout=settings.dropout)
        self.feed_forward_dropout = AddressDropout(settings.dropout, "feed forward")
        self.feed_forward_norm = LayerNorm(size, settings.norm_epsilon)

    def forward(
        self, hidden: Tensor, real: Tensor, rng: Rng | None, only: Tensor | None = None
    ) -> Tensor:
        """Map [B, L, D] to [B, L, D], or to [B, 1, D]."""
        recurred, own = self.recurrence(hidden, real, only), Block.at(hidden, only)
        hidden = self.recurrence_norm(self.recurrence_dropout(recurred, rng, own))
        transformed = self.feed_forward(hidden, rng)
        return self.feed_forward_norm(self.feed_forward_dropout(transformed, rng, hidden))


class LRUEncoder(nn.Module):
    """Sequences to hidden states, each of which sees the items up to its own."""

    causal = True

    def __init__(self, settings: LRU, num_items: int) -> None:
        super().__init__()
        self.hidden_size = settings.hidden_size
        self.items = ItemTable(num_items, self.hidden_size, INITS["truncated_normal"])
        self.inputs: Inputs | None = None  # what else is embedded
        self.embedding_dropout = AddressDropout(settings.dropout, "embeddings")
        self.embedding_norm = LayerNorm(self.hidden_size, settings.norm_epsilon)
        self.blocks = nn.ModuleList(LRUBlock(settings) for _ in range(settings.num_blocks))

    def forward(self, sequences: Sequences, rng: Rng | None = None) -> Tensor:
        """Return [B, L, D], 0 at padding; without ``rng`` nothing is dropped."""
        hidden = self._transform(sequences, rng, None)
        return hidden * is_item(sequences.items, hidden)

    def newest(self, sequences: Sequences) -> Tensor:
        """Return the state of each row's newest item ([B, D]), 0 where there is none."""
        places = (sequences.lengths - 1).clamp(min=0)
        hidden = self._transform(sequences, None, places).squeeze(1)
        return hidden * is_item(sequences.newest_items(), hidden)

    def _transform(self, sequences: Sequences, rng: Rng | None, only: Tensor | None) -> Tensor:
        rows = self.items.rows(sequences.items)
        rows = embedded(self.inputs, rows, sequences.items, sequences.columns, rng)
        hidden = self.embedding_norm(self.embedding_dropout(rows, rng))
        real, last = is_item(sequences.items, hidden), len(self.blocks) - 1
        for number, block in enumerate(self.blocks):
            place = None if rng is None else rng.child(f"block {number}")
            hidden = block(hidden, real, place, only if number == last else None)
        return hidden


@hookimpl
def register_encoders(register):
    """Offer ``lru``."""
    register("lru", LRU)
