"""Which items go together: the most similar items of each, from who has had what in training."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
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
    had = _interactions(info)
    for start, similarity in _blocks(had, _user_weights(had)):
        has_neighbour = similarity.max(axis=1).toarray().ravel() > 0
        items = start + has_neighbour.nonzero()[0]
        nearest[items] = torch.from_numpy(similarity.argmax(axis=1)[has_neighbour])
    return nearest


def nearest_items(
    info: Info, number: int, *, inverse_user_frequency: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the most similar items of each id, and how similar they are.

    Two of [N + 2, K], int64 and float32, most similar first, K being ``number`` or, if that is
    less, N - 1 (but at least 1). The similarity is the cosine between items as sets of users, |U_i
    & U_j| / sqrt(|U_i| |U_j|); with ``inverse_user_frequency`` it is that of :func:`most_similar`.
    Of equally similar items the smaller id comes first. Where an item has fewer neighbours, PAD
    with a similarity of 0 stands for the others.
    """
    had = _interactions(info)
    number = max(min(number, info.num_items - 1), 1)
    shape = info.num_items + 2, number
    items, similarities = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.float32)
    weights = _user_weights(had) if inverse_user_frequency else np.ones(had.shape[0])
    scale = _item_scale(had)
    for start, similarity in _blocks(had, weights):
        for item, (found, values) in enumerate(_best(similarity, number), start):
            items[item, : len(found)] = found
            similarities[item, : len(found)] = values * scale[item]
    return torch.from_numpy(items), torch.from_numpy(similarities)


def _best(similarity: csr_array, number: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the columns of each row's largest numbers above 0, and these."""
    for first, last in pairwise(similarity.indptr):
        columns, values = similarity.indices[first:last], similarity.data[first:last]
        order = np.lexsort((columns, -values))[:number]
        order = order[values[order] > 0]
        yield columns[order], values[order]


def _interactions(info: Info) -> csr_array:
    """Return users by ids ([U, N + 2]): 1 where the user has had the item in training."""
    from scipy.sparse import coo_array  # slow to import, and most recipes do without

    rows, items = (part.cpu().numpy() for part in info.training.by_user.distinct_items())
    shape = (len(info.training.by_user.users), info.num_items + 2)
    return coo_array((np.ones(len(rows)), (rows, items)), shape=shape).tocsr()


def _user_weights(had: csr_array) -> np.ndarray:
    """Return the inverse user frequency: 1 / log(1 + |I_u|)."""
    weights: np.ndarray = 1 / np.log1p(np.maximum(had.sum(axis=1), 1))
    return weights


def _item_scale(had: csr_array) -> np.ndarray:
    """Return 1 / sqrt(N_i)."""
    scale: np.ndarray = 1 / np.sqrt(np.maximum(had.sum(axis=0), 1))
    return scale


def _blocks(had: csr_array, weights: np.ndarray) -> Iterator[tuple[int, csr_array]]:
    """Yield the first of some items, and their similarities to all others, some at a time.

    They are not scaled by the items' own counts, which changes no order among neighbours.
    """
    users_of = had.T.tocsr()
    weighted = had.multiply(weights[:, None]).multiply(_item_scale(had)[None, :]).tocsr()
    for start in range(0, had.shape[1], _BLOCK):
        yield start, _without_itself(users_of[start : start + _BLOCK] @ weighted, start)


def _without_itself(similarity: csr_array, start: int) -> csr_array:
    pairs = similarity.tocoo()
    pairs.data[pairs.row + start == pairs.col] = 0
    return pairs.tocsr()
