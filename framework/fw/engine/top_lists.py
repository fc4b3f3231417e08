"""The best items of every case: what would be recommended, found in the pass that counts."""

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
    keys = _keys(scores[:, 1:-1], rng)
    items, owners = cases.excluded(exclude)
    keys[owners, items - 1] = _EXCLUDED
    best = keys.topk(min(length, keys.shape[1]), dim=1)
    found = torch.where(best.values > _EXCLUDED, best.indices + 1, 0).int()
    return torch.nn.functional.pad(found, (0, length - found.shape[1]))


def _keys(scores: Tensor, rng: Rng) -> Tensor:
    """Return a number of its own for every score of a row, in the order of the scores: [C, N].

    The bits of a float, taken as an integer, are in the order of the floats once those of negative
    ones are turned round. Below them stands where the item comes among its ties.
    """
    bits = (scores + 0.0).view(torch.int32)  # + 0.0 makes -0.0 and 0.0 one number
    ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).to(torch.int64)
    return ordered.mul_(2**31).add_(_places_among_ties(scores, rng))


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
