"""What a component's ``build`` is given: counts of the data, and its training rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs
from torch import Tensor

if TYPE_CHECKING:
    import pandas as pd

    from fw.data.coding import Coding
    from fw.data.training import TrainingRows
    from fw.interfaces import Task


@attrs.frozen(eq=False, kw_only=True)
class Info:
    """What a component's ``build`` is given.

    Counts are of the training part alone. Where training goes over windows of histories, each of
    them counts as a user here, under the id of its own. The encoder is built first: for every other
    component ``hidden_size`` is the encoder's. The task comes next: samplers and losses may ask it.
    """

    num_users: int
    num_items: int
    max_len: int
    item_counts: Tensor  # [N + 2] int64, training interactions of each item
    training: TrainingRows  # the training rows, as tensors
    item_frame: pd.DataFrame | None = None  # row i - 1 belongs to item i: title, features
    hidden_size: int = 0
    pooled_size: int = 0
    task: Task | None = None
    user_ids: Sequence[str] = ()  # raw id of each row
    codings: Mapping[str, Coding] = MappingProxyType({})  # of columns that are asked for, by key
    warn: Callable[[str], None] = print

    @property
    def mask_item(self) -> int:
        """The id of the mask token, N + 1."""
        return self.num_items + 1

    def name_users(self, chosen: Tensor, most: int = 3) -> str:
        """Name the first few of the chosen rows ([U] bool) by raw id, for a message."""
        rows = chosen.nonzero().flatten().tolist()
        names = [str(self.user_ids[row]) for row in rows[:most]]
        return ", ".join(names) + (f" and {len(rows) - most} more" if len(rows) > most else "")
