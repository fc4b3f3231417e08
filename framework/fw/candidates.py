"""Candidates that a target is ranked among: drawn by address, without rejection."""

from __future__ import annotations

import torch
from torch import Tensor

from fw.random import Rng
from fw.ranking import Cases, Exclusion


class Pool:
    """What may be drawn for each case: all items 1..N but those that are excluded."""

    def __init__(self, cases: Cases, exclude: Exclusion, *, without_target: bool) -> None:
        self._stride = cases.num_items + 1
        self._cases = torch.arange(len(cases.ids), device=cases.ids.device)
        items, owners = _kept_out(cases, exclude, without_target=without_target)
        counts = torch.bincount(owners, minlength=len(cases.ids))
        self._starts = counts.cumsum(0) - counts
        before = torch.arange(len(items), device=items.device) - self._starts[owners]
        self._keys = owners * self._stride + items - before
        self.sizes = cases.num_items - counts  # [C]

    def items(self, numbers: Tensor) -> Tensor:
        """Return the items ([C, K]) that have these ``numbers`` (from 0) in the pool; PAD below 0.

        With a case's excluded items sorted as s[0] < s[1] < ..., the item of number r is
        r + 1 + count(s[i] - i <= r + 1), which is one binary search.
        """
        order = numbers.contiguous() + 1
        keys = self._cases[:, None] * self._stride + order
        passed = torch.searchsorted(self._keys, keys, right=True) - self._starts[:, None]
        return torch.where(numbers >= 0, order + passed, 0)


class WeightedPool:
    """What may be drawn for each case, in proportion to ``weights`` ([N + 2] int64).

    An item has as many numbers as it weighs; what is excluded, or weighs nothing, has none. The
    target is excluded too.
    """

    def __init__(self, cases: Cases, exclude: Exclusion, weights: Tensor) -> None:
        self._through = weights[1:-1].cumsum(0)  # [N], up to and with each item
        self._stride = self._through[-1] + 1
        self._cases = torch.arange(len(cases.ids), device=cases.ids.device)
        items, owners = _kept_out(cases, exclude, without_target=True)
        self._weights, self._items, self._owners = weights, items, owners
        lost = weights[items]
        self._lost = torch.nn.functional.pad(lost.cumsum(0), (1, 0))  # [S + 1], of all cases
        self._starts = torch.searchsorted(owners, self._cases)
        before = self._lost[:-1] - self._lost[self._starts][owners]
        self._keys = owners * self._stride + self._through[items - 1] - lost - before
        ends = torch.searchsorted(owners, self._cases, right=True)
        self.sizes = self._through[-1] - self._lost[ends] + self._lost[self._starts]  # [C]

    def items(self, numbers: Tensor) -> Tensor:
        """Return the items ([C, K]) that have these ``numbers`` (from 0) in the pool; PAD below 0.

        One search finds how many excluded items a number has passed, and so what to add to it to
        be a number among all items; another finds the item that has that.
        """
        keys = self._cases[:, None] * self._stride + numbers
        passed = torch.searchsorted(self._keys, keys, right=True)
        among_all = numbers + self._lost[passed] - self._lost[self._starts][:, None]
        found = torch.searchsorted(self._through, among_all, right=True) + 1
        return torch.where(numbers >= 0, found, 0)

    def weights(self, cases: Tensor) -> Tensor:
        """Return what every item weighs for some ``cases`` ([S]): [S, N + 2], 0 if excluded."""
        places = torch.full_like(self._cases, -1)
        places[cases] = torch.arange(len(cases), device=cases.device)
        owners = places[self._owners]
        weights = self._weights.repeat(len(cases), 1)
        weights[owners[owners >= 0], self._items[owners >= 0]] = 0
        weights[:, [0, -1]] = 0
        return weights


def draw_repeated(pool: Pool | WeightedPool, num_candidates: int, rng: Rng) -> Tensor:
    """Draw with replacement, all numbers of a pool alike: [C, K], all PAD where it is empty."""
    sizes = pool.sizes[:, None]
    numbers = rng.integers((len(sizes), num_candidates), sizes.clamp(min=1))
    return pool.items(torch.where(sizes > 0, numbers, -1))


def draw_distinct(pool: Pool, num_candidates: int, rng: Rng) -> Tensor:
    """Draw uniformly without replacement: [C, K], PAD among them where the pool is smaller.

    Floyd's method (Bentley and Floyd, "A sample of brilliance", CACM 30(9), 1987): for j from E - K
    to E - 1, draw from 0..j and take j itself where that was drawn before. Every set of K has the
    same probability, and nothing is drawn twice. The order of the candidates is not random.
    """
    steps = torch.arange(num_candidates, device=pool.sizes.device)[:, None]
    last = pool.sizes - num_candidates + steps  # [K, C]
    shape = (last.shape[1], num_candidates)
    drawn = rng.integers(shape, (last.T + 1).clamp(min=1)).T.contiguous()
    for step in range(1, num_candidates):
        before = (drawn[:step] == drawn[step]) & (last[:step] >= 0)
        drawn[step] = torch.where(before.any(0), last[step], drawn[step])
    return pool.items(torch.where(last >= 0, drawn, -1).T)


def draw_weighted_distinct(pool: WeightedPool, num_candidates: int, rng: Rng) -> Tensor:
    """Draw without replacement, each next one in proportion to its weight: [C, K].

    PAD among them where fewer items have a weight. Drawing with replacement, what was there before
    left out, comes to the same. Where half as many more draws do not suffice, a race decides.
    """
    tries = draw_repeated(pool, num_candidates * 3 // 2, rng.child("with replacement"))
    drawn = _first_distinct(tries, num_candidates)
    short = (drawn[:, -1] == 0).nonzero().flatten()
    if len(short):
        places = Rng(rng.child("race").words((len(drawn),))[short])
        drawn[short] = _race(pool.weights(short), drawn[short], places)
    return drawn


def _first_distinct(tries: Tensor, number: int) -> Tensor:
    """Return the first different items of each row ([C, T]) in their order: [C, number], then PAD.

    Equal ones stand in the order of their draws once sorted, so the first of them is new.
    """
    ordered, origins = tries.sort(dim=1, stable=True)
    new = torch.nn.functional.pad(ordered[:, 1:] != ordered[:, :-1], (1, 0), value=True)
    new = torch.empty_like(new).scatter_(1, origins, new) & (tries > 0)
    places = torch.where(new, new.cumsum(1) - 1, number).clamp(max=number)
    found = tries.new_zeros((len(tries), number + 1)).scatter_(1, places, tries)
    return found[:, :number]


def _race(weights: Tensor, drawn: Tensor, rng: Rng) -> Tensor:
    """Draw on from ``weights`` ([C, N + 2]) until there are K, or all: [C, K], PAD for none.

    ``drawn`` ([C, K], PAD for none) are there already. An item arrives after an exponential time of
    rate ``weights``; the first to arrive are the sample (Efraimidis and Spirakis, "Weighted random
    sampling with a reservoir", 2006). Takes memory for [C, N + 2] numbers.
    """
    # Half a step up: the logarithm of 0 is never taken, and no item arrives at once.
    times = -torch.log1p(-(rng.uniform(tuple(weights.shape)) + 2.0**-25)) / weights
    times.scatter_(1, drawn, 0.0)
    times[:, 0] = torch.inf
    first = times.topk(min(drawn.shape[1], times.shape[1]), dim=1, largest=False)
    found = torch.where(first.values.isfinite(), first.indices, 0)
    return torch.nn.functional.pad(found, (0, drawn.shape[1] - found.shape[1]))


def _kept_out(cases: Cases, exclude: Exclusion, *, without_target: bool) -> tuple[Tensor, Tensor]:
    """Return the items that may not be drawn, sorted and distinct for each case, and the cases."""
    stride = cases.num_items + 1
    items, owners = cases.excluded(exclude)
    keys = owners * stride + items
    if without_target:
        numbers = torch.arange(len(cases.ids), device=items.device)
        keys = torch.unique(torch.cat([keys, numbers * stride + cases.targets]))
    return keys % stride, keys // stride
