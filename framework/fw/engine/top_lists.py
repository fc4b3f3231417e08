"""The best items of every row of scores: what would be recommended."""

from __future__ import annotations

import torch
from torch import Tensor

from fw.random import Rng
from fw.ranking import Cases, Exclusion

_EXCLUDED = torch.iinfo(torch.int64).min
_PRIME = 2**31 - 1


def best_items(scores: Tensor, cases: Cases, exclude: Exclusion, length: int, rng: Rng) -> Tensor:
    """Return the best items of each case: [C, length] int32, best first, PAD where there are fewer.

    ``scores`` are [C, N + 2] float32. What the rule excludes never stands in a list, even if it is
    the target: a list must not depend on what is to be found out.
    """
    places = _places_among_ties(scores[:, 1:-1], rng)
    return _best(scores[:, 1:-1], places, *cases.excluded(exclude), length)


def first_items(scores: Tensor, excluded: Tensor, owners: Tensor, length: int) -> Tensor:
    """Return the best items of each row: [B, length] int32, ties in the order of their numbers.

    ``scores`` are [B, N + 2] float32; ``excluded`` are items, ``owners`` the row of each. Lists end
    with PAD where fewer are left.
    """
    places = torch.arange(scores.shape[1] - 3, -1, -1, device=scores.device)
    return _best(scores[:, 1:-1], places, excluded, owners, length)


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
