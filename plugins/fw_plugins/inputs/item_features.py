"""What is known of items (genres, makers, prices) as an input, by which they are also scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import attrs
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from fw import Info, hookimpl
from fw.errors import UserError
from fw.nn.initialisation import INITS
from fw.random import Rng

if TYPE_CHECKING:
    import pandas as pd


def not_empty(settings: object, attribute: object, value: tuple[str, ...]) -> None:
    """Accept at least one name."""
    if not value:
        raise ValueError('features must name at least one, such as ["genres"]')


@attrs.frozen(kw_only=True)
class ItemFeatures:
    """Embed what the data set says of items: texts, several words apart, or numbers.

    Of a text, every word ("Action", "Comedy" of "Action|Comedy") has an embedding, and the item has
    their mean; a number, standardised over the catalogue, multiplies a vector. An item that the
    data set says nothing of has an embedding for that. The sum of all features is the item's
    vector.

    With ``scored`` it joins the item's own embedding wherever that is used: where items are
    embedded and where they are scored. Items that no training row has then get no embedding of
    their own, so that they are scored by their features, and so are the items that share them.
    This is how cold items are scored in hybrid factorisation (Kula, LightFM, CBRecSys 2015).
    Without it features are looked at in histories alone.
    """

    features: tuple[str, ...] = attrs.field(
        validator=not_empty, metadata={"help": 'columns of the item frame, such as ["genres"]'}
    )
    separator: str = attrs.field(default="|", metadata={"help": "between the words of a text"})
    scored: bool = attrs.field(default=True, metadata={"help": "items are scored by them too"})

    def build(self, info: Info) -> EmbeddedFeatures:
        """Make the embeddings; raises UserError where the data set says no such thing of items."""
        return EmbeddedFeatures(self, info)


class Bags(NamedTuple):
    """Which words each item has, with which weights, laid flat."""

    words: np.ndarray  # [E] int64, numbers from 0
    owners: np.ndarray  # [E] int64: items, from 1, in rising order
    weights: np.ndarray  # [E] float32
    size: int  # words in all


class EmbeddedFeatures(nn.Module):
    """Adds up, for each item, the embeddings of its words and its numbers' vectors."""

    words: Tensor  # [E] int64
    starts: Tensor  # [N + 2] int64: where the words of each id begin
    shares: Tensor  # [E] float32

    def __init__(self, settings: ItemFeatures, info: Info) -> None:
        super().__init__()
        self.of_items = settings.scored
        found = _joined([_bags(name, settings, info) for name in settings.features])
        starts = np.searchsorted(found.owners, np.arange(info.num_items + 2))
        for name, values in (
            ("words", found.words),
            ("starts", starts),
            ("shares", found.weights),
        ):
            self.register_buffer(name, torch.from_numpy(values), persistent=False)
        self.weight = nn.Parameter(torch.empty(found.size, info.hidden_size))
        INITS["normal"](self.weight.data)

    def forward(self, items: Tensor, columns: Mapping[str, Tensor], rng: Rng | None) -> Tensor:
        """Return a vector ([..., D]) for each of ``items`` ([...]): 0 for the mask token."""
        known = embedding_bag(
            self.words, self.weight, self.starts, mode="sum", per_sample_weights=self.shares
        )
        return known.index_select(0, items.flatten()).view(*items.shape, -1)


def _joined(parts: list[Bags]) -> Bags:
    """Put the features' bags together, each with words of its own."""
    before = np.cumsum([0, *(part.size for part in parts)])
    owners = np.concatenate([part.owners for part in parts])
    words = np.concatenate([part.words + first for part, first in zip(parts, before, strict=False)])
    weights = np.concatenate([part.weights for part in parts])
    order = np.argsort(owners, kind="stable")
    return Bags(words[order], owners[order], weights[order].astype(np.float32), int(before[-1]))


def _bags(name: str, settings: ItemFeatures, info: Info) -> Bags:
    import pandas as pd  # slow: not to list what there is

    frame = info.item_frame
    if frame is None or name not in frame:
        there = "nothing" if frame is None else ", ".join(map(str, frame.columns))
        raise UserError(
            f"input 'item_features' wants {name!r} of items, and the data set has {there} of them"
        )
    values = frame[name].reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _numbers(values)
    return _texts(values, settings.separator)


def _texts(values: pd.Series, separator: str) -> Bags:
    """Give each item its words, in equal shares; word 0 stands for none."""
    import pandas as pd

    texts = values.astype(object).where(values.notna(), "").astype(str)
    lists = texts.str.split(separator, regex=False) if separator else texts.map(lambda one: [one])
    long = lists.explode().str.strip()
    long = long[long != ""].reset_index().drop_duplicates()
    codes, kinds = pd.factorize(long.iloc[:, 1], sort=True)
    owners = long.iloc[:, 0].to_numpy(dtype=np.int64) + 1
    counts = np.bincount(owners, minlength=len(values) + 1)
    silent = np.flatnonzero(counts[1:] == 0) + 1
    return Bags(
        np.concatenate([codes + 1, np.zeros(len(silent), dtype=np.int64)]),
        np.concatenate([owners, silent]),
        np.concatenate([1 / counts[owners], np.ones(len(silent))]),
        len(kinds) + 1,
    )


def _numbers(values: pd.Series) -> Bags:
    """Weigh word 1 by the standardised number; word 0 stands for none."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(numbers)
    kept = numbers[known]
    spread = kept.std() if len(kept) and kept.std() else 1.0
    scaled = np.where(known, (numbers - (kept.mean() if len(kept) else 0)) / spread, 1.0)
    return Bags(known.astype(np.int64), np.arange(len(values)) + 1, scaled, 2)


@hookimpl
def register_inputs(register):
    """Offer ``item_features``."""
    register("item_features", ItemFeatures)
