"""The best items of every row of scores: what would be recommended."""

from __future__ import annotations

import torch
from torch import Tensor

from fw.random import Rng
from fw.ranking import Cases, Exclusion

_EXCLUDED = torch.iinfo(torch.int64).min
_PRIME = 2**31 - 1
_BLOCK = 1024  # items


def best_items(scores: Tensor, cases: Cases, exclude: Exclusion, length: int, rng: Rng) -> Tensor:
    """Return the best items of each case: [C, length] int32, best first, PAD where there are fewer.

    ``scores`` are [C, N + 2] float32. What the rule excludes never stands in a list, even if it is
    the target: a list must not depend on what is to be found out.
    """
    places = _places_among_ties(scores[:, 1:-1], rng)
    return _best(scores[:, 1:-1], places, *cases.excluded(exclude), length)


def first_items(scores: Tensor, excluded: Tensor, owners: Tensor, length: int) -> Tensor:
    """Return the best items of each row: [B, length] int32, ties in the order of their numbers.

    ``scores`` are [B, N + 2] float32, all finite; ``excluded`` are items, ``owners`` the row of
    each. Lists end with PAD where fewer are left.

    The best ``length`` items stand in those ``length`` blocks whose best is best, equal blocks
    again in the order of their numbers: for an item in any other block there is a better one in
    each of these. So most items are looked at once, for the largest score of their block.
    """
    left = scores[:, 1:-1].clone()
    left[owners, excluded - 1] = -torch.inf
    columns = _columns_of_best_blocks(left, length)
    real = columns < left.shape[1]
    part = left.gather(1, torch.where(real, columns, 0)).where(real, -torch.inf)
    return first_of(part, columns + 1, length)


def first_of(scores: Tensor, items: Tensor, length: int) -> Tensor:
    """Return the best of some items of each row: [B, length] int32, as :func:`first_items` does.

    ``scores`` are those of ``items``, [B, M] each; what has the score -inf is in no list.
    """
    keys = _keys(scores, _descending(items)).where(scores > -torch.inf, _EXCLUDED)
    best = keys.topk(min(length, keys.shape[1]), dim=1)
    found = torch.where(best.values > _EXCLUDED, items.gather(1, best.indices), 0).int()
    return torch.nn.functional.pad(found, (0, length - found.shape[1]))


def _columns_of_best_blocks(scores: Tensor, number: int) -> Tensor:
    """Return the columns of the ``number`` best blocks of each row: [B, M], beyond N too."""
    whole = scores.shape[1] // _BLOCK * _BLOCK
    best = scores[:, :whole].view(len(scores), whole // _BLOCK, _BLOCK).amax(2)
    if whole < scores.shape[1]:
        best = torch.cat([best, scores[:, whole:].amax(1, keepdim=True)], 1)
    order = _descending(torch.arange(best.shape[1], device=scores.device))
    blocks = _keys(best, order).topk(min(number, best.shape[1]), dim=1).indices
    within = torch.arange(_BLOCK, device=scores.device)
    return (blocks[:, :, None] * _BLOCK + within).flatten(1)


def _descending(numbers: Tensor) -> Tensor:
    """Return places among ties, the lowest number first."""
    return _PRIME - 1 - numbers


def _best(scores: Tensor, places: Tensor, items: Tensor, owners: Tensor, length: int) -> Tensor:
    keys = _keys(scores, places)
    keys[owners, items - 1] = _EXCLUDED
    best = keys.topk(min(length, keys.shape[1]), dim=1)
    found = torch.where(best.values > _EXCLUDED, best.indices + 1, 0).int()
    return torch.nn.functional.pad(found, (0, length - found.shape[1]))


def _keys(scores: Tensor, places: Tensor) -> Tensor:
    """Return a number of its own for every score of a row, in the order of the scores: [C, N].

    The bits of a float, taken as an integer, are in the order of the floats once those of negative
    ones are turned round. Below them stands the item's place among its ties
    (distinct in a row, below 2^31; the highest comes first).
    """
    bits = (scores + 0.0).view(torch.int32)  # + 0.0 makes -0.0 and 0.0 one number
    ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).to(torch.int64)
    return ordered.mul_(2**31).add_(places)


def _places_among_ties(scores: Tensor, rng: Rng) -> Tensor:
    """Return a random order of the items for each row: [C, N], distinct, below 2^31.

    One linear function of the item number a row, modulo a prime: any two items are as likely to
    stand in either order (Carter and Wegman, "Universal classes of hash functions", 1979), at the
    price of two random numbers a row.
    """
    rows, number = scores.shape
    factor = rng.child("factor").integers((rows, 1), _PRIME - 1) + 1
    shift = rng.child("shift").integers((rows, 1), _PRIME)
    numbers = torch.arange(number, device=scores.device)
    return (numbers * factor + shift).remainder_(_PRIME)
