"""Which items go together: the most similar item of each, from who has had what in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from fw.interfaces import Info

# So many items are compared with all others at a time: bounds the memory, not the result.
_BLOCK = 256


def most_similar(info: Info) -> Tensor:
    """Return the most similar item of each id, [N + 2] int64.

    The similarity is that of item-based collaborative filtering with inverse user frequency: the
    sum of 1 / log(1 + |I_u|) over the users u who have had both, divided by sqrt(N_i N_j), where
    user u has had |I_u| different items and N_i users have had item i (Breese, Heckerman and Kadie,
    UAI 1998; "ItemCF_IUF" in CoSeRec's repository, ``models.py``). Of equally similar items the
    smallest id is taken. An item without any neighbour, the mask token and PAD map to themselves.
    """
    nearest = torch.arange(info.num_items + 2)
    for items, neighbours in _blocks(_interactions(info)):
        nearest[items] = torch.from_numpy(neighbours)
    return nearest


def _interactions(info: Info) -> csr_array:
    """Return users by ids ([U, N + 2]): 1 where the user has had the item in training."""
    from scipy.sparse import coo_array  # slow to import, and most recipes do without

    rows, items = (part.cpu().numpy() for part in info.training.distinct_items())
    shape = (info.num_users, info.num_items + 2)
    return coo_array((np.ones(len(rows)), (rows, items)), shape=shape).tocsr()


def _blocks(had: csr_array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield items that have neighbours, and their nearest ones, some at a time."""
    users_of, sizes = had.T.tocsr(), had.sum(axis=1)
    weight = 1 / np.log1p(np.maximum(sizes, 1))
    scale = 1 / np.sqrt(np.maximum(had.sum(axis=0), 1))
    # Scaling by the item's own count as well would not change which neighbour is nearest.
    weighted = had.multiply(weight[:, None]).multiply(scale[None, :]).tocsr()
    for start in range(0, had.shape[1], _BLOCK):
        similarity = _without_itself(users_of[start : start + _BLOCK] @ weighted, start)
        has_neighbour = similarity.max(axis=1).toarray().ravel() > 0
        yield start + has_neighbour.nonzero()[0], similarity.argmax(axis=1)[has_neighbour]


def _without_itself(similarity: csr_array, start: int) -> csr_array:
    pairs = similarity.tocoo()
    pairs.data[pairs.row + start == pairs.col] = 0
    return pairs.tocsr()
