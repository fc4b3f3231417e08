"""The best items after histories, out of those that an index takes to be worth scoring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from fw.engine.evaluating.top_lists import first_of
from fw.indexing import Search
from fw.interfaces import PAD
from fw.nn.items import ItemTable


class Near(NamedTuple):
    """Lists of B rows, best first."""

    items: Tensor  # [B, length] int32, PAD after the last
    scores: Tensor  # [B, length] float32, 0 there
    short: Tensor  # [B] bool: items are left, but too few were found


def near_items(
    search: Search, states: Tensor, table: ItemTable, excluded: Tensor, owners: Tensor, length: int
) -> Near:
    """Find lists for states ([B, D]) by the inner products with the rows of a table.

    ``excluded`` are items and ``owners`` the row of each, as for
    :func:`fw.engine.evaluating.top_lists.first_items`. So many more are looked for as a row
    excludes at most; what was found is scored exactly and ordered as ever.
    """
    rows, stride = len(states), table.num_items + 1
    hidden = torch.unique(owners * stride + excluded)
    number_hidden = torch.bincount(hidden // stride, minlength=rows)
    number = min(length + int(number_hidden.max()), table.num_items)
    places = search(np.ascontiguousarray(states.float().cpu().numpy()), number)
    items = torch.from_numpy(places + 1).to(states.device)  # PAD where fewer were found
    keys = torch.arange(rows, device=states.device)[:, None] * stride + items
    left_out = (items == PAD) | torch.isin(keys, hidden)
    scores = table.scores_of(states, items).float().masked_fill(left_out, -torch.inf)
    best = first_of(scores, items, length)
    real = best != PAD
    wanted = (table.num_items - number_hidden).clamp(max=length)
    theirs = table.scores_of(states, best.long()).float().where(real, 0)
    return Near(best, theirs, real.sum(1) < wanted)


def checked_places(places: np.ndarray, shape: tuple[int, int], num_items: int) -> np.ndarray:
    """Return the places that a search has found; raises ValueError for what cannot be."""
    if places.dtype != np.int64 or places.shape != shape:
        raise ValueError(
            f"places must be int64 of shape {list(shape)}, found {places.dtype} of shape "
            f"{list(places.shape)}"
        )
    if places.size and not -1 <= places.min() <= places.max() < num_items:
        raise ValueError(
            f"places must be between -1 and {num_items - 1}, found {places.min()} to {places.max()}"
        )
    ordered = np.sort(places, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("a place was found twice for one query")
    return places
