"""Scores that are cosines: states and items of length 1 where they meet."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import normalize

from fw.nn.items import ItemTable


class UnitItems(ItemTable):
    """A table whose rows have length 1 where items are scored, and their own where they enter."""

    def __init__(self, table: ItemTable) -> None:
        nn.Module.__init__(self)
        self.num_items, self.table = table.num_items, table

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """The rows at length 1, that of PAD at 0: [N + 2, D]."""
        return normalize(self.table.weight, dim=1)

    def rows(self, ids: Tensor) -> Tensor:
        """Return the rows of ``ids`` at length 1: [..., D]."""
        return normalize(self.table.rows(ids), dim=-1)

    def embedded(self, ids: Tensor) -> Tensor:
        """Return the rows of ``ids`` as they are: [..., D]."""
        return self.table.embedded(ids)

    def remade(self, make: Callable[[ItemTable], ItemTable]) -> ItemTable:
        """Have another table below; returns this one."""
        self.table = self.table.remade(make)
        return self


class UnitStates(nn.Module):
    """States of length 1 / temperature, so that products with unit rows are cosines over that."""

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, states: Tensor) -> Tensor:
        """Bring [..., D] to that length; zeros stay zeros."""
        return normalize(states, dim=-1) / self.temperature

    def extra_repr(self) -> str:
        """Show the temperature."""
        return f"temperature={self.temperature}"
