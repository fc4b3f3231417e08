"""Hidden states of all that a step encodes, source and views, from one call of the encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from torch import Tensor

from fw.interfaces import Encoder, Sequences
from fw.outputs import checked_hidden
from fw.random import Rng


class Part(NamedTuple):
    """Rows of one group of the batch, and the place that dropout draws from for them."""

    sequences: Sequences
    place: Rng


def encoded(encoder: Encoder, asked: Sequence[Sequence[Part]]) -> list[list[Tensor]]:
    """Return the states ([b, w, D]) of every part, list by list."""
    found = _states(encoder, list(chain.from_iterable(asked)))
    return [list(islice(found, len(parts))) for parts in asked]


def _states(encoder: Encoder, parts: Sequence[Part]) -> Iterator[Tensor]:
    together = getattr(encoder, "together", None)
    sequences, places = [part.sequences for part in parts], [part.place for part in parts]
    states = together(sequences, places) if together else map(encoder, sequences, places)
    for hidden, given in zip(states, sequences, strict=True):
        yield checked_hidden(hidden, given, encoder, encoder.hidden_size)
