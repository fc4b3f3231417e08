"""Inputs that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

from typing import ClassVar

import attrs
import torch
from torch import Tensor, nn

from fw.data.coding import ColumnUse
from fw.testing import InputContract

GAP = ColumnUse(name="time_gap", form="number")


class Vectors(nn.Module):
    """A vector of each item, times what is known of its gap."""

    def __init__(self, info):
        super().__init__()
        self.table = nn.Embedding(info.num_items + 2, info.hidden_size)

    def forward(self, items, columns, rng):
        gaps = columns.get(GAP.key, torch.zeros_like(items))
        return self.table(items) * (1 + gaps).unsqueeze(-1)


def making(made, uses=(GAP,)):
    """Make the settings of an input."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        columns: ClassVar = uses

        def build(self, info):
            return made(info)

    return Broken


class TestRight(InputContract):
    component = making(Vectors)
    expected = {}


class TestNamesOfColumns(InputContract):
    component = making(Vectors, uses=(1,))
    expected = {
        "test_it_says_which_columns_it_looks_at": "columns of the settings class is (1,)\n"
        "    it must be a tuple of fw.data.coding.ColumnUse, or be left out",
    }


class Narrow(Vectors):
    def forward(self, items, columns, rng) -> Tensor:
        return super().forward(items, columns, rng)[..., :3]


class TestNarrow(InputContract):
    component = making(Narrow)
    expected = {"test_vectors_are_as_wide_as_hidden_states": "vectors of items ... are ..."}


class SeesNeighbours(Vectors):
    def forward(self, items, columns, rng):
        vectors = super().forward(items, columns, rng)
        return vectors + vectors.roll(1, 0 if items.dim() == 1 else 1)


class TestSeesNeighbours(InputContract):
    component = making(SeesNeighbours)
    expected = {
        "test_a_position_sees_neither_its_neighbours_nor_its_place": "vectors change when the "
        "positions of a row are put in another order\n"
        "    make each of what stands at its own position",
        "test_a_row_gets_the_same_in_any_batch": "rows ...",
    }


class Insists(Vectors):
    def forward(self, items, columns, rng):
        gaps = columns.get(GAP.key, torch.ones_like(items))
        return super().forward(items, {GAP.key: gaps}, rng)


class TestInsists(InputContract):
    component = making(Insists)
    expected = {
        "test_columns_that_are_not_given_are_taken_as_not_known": "without its columns it gives "
        "other vectors than where nothing is known\n"
        "    columns.get(key, torch.zeros_like(items))",
    }


class DrawsAlways(Vectors):
    def forward(self, items, columns, rng):
        vectors = super().forward(items, columns, rng)
        return vectors if rng is not None else vectors + torch.rand_like(vectors)


class TestDrawsAlways(InputContract):
    component = making(DrawsAlways)
    expected = {
        "test_evaluation_draws_nothing": "two calls without rng differ",
        "test_a_position_sees_neither_its_neighbours_nor_its_place": "...",
        "test_columns_that_are_not_given_are_taken_as_not_known": "...",
    }
