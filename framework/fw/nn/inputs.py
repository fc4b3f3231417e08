"""What a recipe has in ``[[inputs]]``, joined with the vectors of items that an encoder embeds."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from fw.interfaces import Encoder, Info, Input
from fw.nn.embedding import is_item
from fw.nn.items import ItemTable
from fw.random import Rng


class Joined(NamedTuple):
    """An input, and how its vectors are joined with those of items."""

    input: Input
    combine: Literal["add", "concatenate"]


class Inputs(nn.Module):
    """Joins vectors of items with those of inputs.

    Vectors that are to be added are, as positions are; what is to be concatenated then stands
    beside that sum, and a linear map without bias brings all of it back to its width. The map
    begins as the sum alone and small weights (Xavier's uniform) for what stands beside it.
    """

    def __init__(self, parts: Sequence[Joined], size: int) -> None:
        super().__init__()
        self.parts = tuple(parts)
        self.modules_among = nn.ModuleList(p.input for p in parts if isinstance(p.input, nn.Module))
        beside = sum(part.combine == "concatenate" for part in parts)
        self.map: nn.Linear | None = None
        if beside:
            self.map = nn.Linear((1 + beside) * size, size, bias=False)
            nn.init.xavier_uniform_(self.map.weight)
            nn.init.eye_(self.map.weight.data[:, :size])

    def forward(
        self, rows: Tensor, items: Tensor, columns: Mapping[str, Tensor], rng: Rng | None
    ) -> Tensor:
        """Join vectors ([..., D]) of ``items`` ([...]) with those of the inputs: [..., D].

        At PAD nothing is added to what is there.
        """
        real, beside = is_item(items, rows), []
        for number, (part, combine) in enumerate(self.parts, start=1):
            place = None if rng is None else rng.child(f"input {number}")
            vectors = part(items, columns, place) * real
            if combine == "add":
                rows = rows + vectors
            else:
                beside.append(vectors)
        return rows if self.map is None else self.map(torch.cat([rows, *beside], -1))


class DescribedItems(ItemTable):
    """A table of items whose rows are joined with what is known of each item.

    Whatever reads ``weight``, to embed items or to score them, reads the joined rows, which are
    made anew each time. An item that is nowhere in the training part has no embedding of its own:
    what is known of it is all that it is embedded and scored by.
    """

    trained: Tensor  # [N + 2, 1], 0 for items that are nowhere in the training part

    def __init__(self, table: ItemTable, inputs: Inputs, info: Info) -> None:
        nn.Module.__init__(self)
        self.num_items, self.inputs = table.num_items, inputs
        self.own = table.weight
        trained = (info.item_counts > 0).float().unsqueeze(1)
        trained[info.mask_item] = 1.0
        self.register_buffer("trained", trained, persistent=False)

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """The joined rows: [N + 2, D]."""
        items = torch.arange(len(self.own), device=self.own.device)
        joined: Tensor = self.inputs(self.own * self.trained, items, {}, None)
        return joined


def join(encoder: Encoder, parts: Sequence[Joined], info: Info) -> None:
    """Make an encoder embed inputs, and score items by those that look at items alone."""
    of_items = [part for part in parts if getattr(part.input, "of_items", False)]
    of_positions = [part for part in parts if part not in of_items]
    if of_positions:
        encoder.inputs = Inputs(of_positions, info.hidden_size)  # type: ignore[attr-defined]
    if not of_items:
        return
    for name in ("items", "input_items"):
        table = getattr(encoder, name, None)
        if table is not None:
            # A copy of its own for each table: what is saved must not be in two places.
            inputs = Inputs(copy.deepcopy(of_items), info.hidden_size)
            described = partial(DescribedItems, inputs=inputs, info=info)
            setattr(encoder, name, table.remade(described))


def embedded(
    inputs: Inputs | None,
    rows: Tensor,
    items: Tensor,
    columns: Mapping[str, Tensor],
    rng: Rng | None,
) -> Tensor:
    """Return vectors of items joined with those of inputs, if there are any."""
    return rows if inputs is None else inputs(rows, items, columns, rng)
