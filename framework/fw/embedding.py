"""What is embedded beside the items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

if TYPE_CHECKING:
    from fw.random import Rng


@runtime_checkable
class Input(Protocol):
    """What is embedded beside the items: columns of interactions, or what is known of items.

    Its settings name in ``columns`` the :class:`fw.data.coding.ColumnUse` that it looks at. If it
    says ``of_items = True``, it looks at items alone: its vectors then join the item table, so that
    items are scored by them too.
    """

    def __call__(self, items: Tensor, columns: Mapping[str, Tensor], rng: Rng | None) -> Tensor:
        """Return a vector ([..., D]) for each of the positions that hold ``items`` ([...]).

        ``columns`` ([...] each) are by :attr:`ColumnUse.key`, 0 where nothing is known; one that
        was not given at all is not among them. ``rng`` is for training, None in evaluation. What is
        returned for PAD is not looked at.
        """
