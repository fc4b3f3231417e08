"""A column of interactions as an input: what a user gave an item, how long it had been, ..."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch
from torch import Tensor, nn

from fw import Info, hookimpl, validators
from fw.data.coding import Coding, ColumnUse, Form
from fw.nn.initialisation import INITS
from fw.random import Rng


@attrs.frozen(kw_only=True)
class ColumnInput:
    """Embed a column of interactions at each position, such as the rating of its item.

    A position is given the value of its own interaction, so that of the item to be predicted is
    never seen. ``column`` is one that the data set has, or ``time_gap``: how long after the user's
    interaction before it this one was. As ``category`` each value of the training part has an
    embedding; so has each of ``bins`` of about equally many values as ``quantile``; as ``number``
    x, standardised by the training part, becomes x a + b, and as ``log`` sign(x) log(1 + abs(x))
    does.

    Where no value is known, an embedding of its own stands for that, which begins as 0: in a
    history that is given without the column, at mask tokens, at items that an augmenter has put in,
    and for a category that is not in the training part. It is trained only where that occurs in
    training; ``hide`` sees to it.
    """

    column: str = attrs.field(metadata={"help": 'a column of the data set, or "time_gap"'})
    form: Form = attrs.field(
        default="category", metadata={"help": "what its values are to the model"}
    )
    bins: int = attrs.field(
        default=16, validator=validators.at_least(2), metadata={"help": "how many quantiles"}
    )
    hide: float = attrs.field(
        default=0.0,
        validator=validators.below_one,
        metadata={"help": "share of positions at which training hides the value"},
    )

    @property
    def use(self) -> ColumnUse:
        """Return the column as it is wanted."""
        return ColumnUse(name=self.column, form=self.form, bins=self.bins)

    @property
    def columns(self) -> tuple[ColumnUse, ...]:
        """Return the columns that sequences are to come with."""
        return (self.use,)

    def build(self, info: Info) -> EmbeddedColumn:
        """Make the embeddings, drawn from torch's global generator."""
        return EmbeddedColumn(info.codings[self.use.key], info.hidden_size, self.hide)


class EmbeddedColumn(nn.Module):
    """Embeds codes by a table, or numbers by a line; row 0 is for what is not known."""

    def __init__(self, coding: Coding, size: int, hide: float) -> None:
        super().__init__()
        self.key, self.hide, self.is_number = coding.use.key, hide, coding.size == 0
        rows = 3 if self.is_number else coding.size + 1  # not known; then b and a, or categories
        self.weight = nn.Parameter(torch.empty(rows, size))
        INITS["normal"](self.weight.data)
        self.weight.data[0].zero_()

    def forward(self, items: Tensor, columns: Mapping[str, Tensor], rng: Rng | None) -> Tensor:
        """Return a vector ([..., D]) for each of the positions of ``items`` ([...])."""
        values = columns.get(self.key, torch.zeros_like(items))
        if rng is not None and self.hide:
            values = torch.where(rng.uniform(tuple(items.shape)) < self.hide, 0, values)
        if self.is_number:
            line = self.weight[1] + values.unsqueeze(-1) * self.weight[2]
            return torch.where(values.unsqueeze(-1) == 0, self.weight[0], line)
        return self.weight.index_select(0, values.flatten()).view(*items.shape, -1)


@hookimpl
def register_inputs(register):
    """Offer ``column``."""
    register("column", ColumnInput)
