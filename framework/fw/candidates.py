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
        items, owners = cases.excluded(exclude)
        keys = owners * self._stride + items
        if without_target:
            targets = self._cases * self._stride + cases.targets
            keys = torch.unique(torch.cat([keys, targets]))
        owners = keys // self._stride
        counts = torch.bincount(owners, minlength=len(cases.ids))
        self._starts = counts.cumsum(0) - counts
        self._keys = keys - (torch.arange(len(keys), device=keys.device) - self._starts[owners])
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


def draw_repeated(pool: Pool, num_candidates: int, rng: Rng) -> Tensor:
    """Draw uniformly with replacement: [C, K], all PAD where the pool is empty."""
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


def draw_weighted(
    cases: Cases, exclude: Exclusion, weights: Tensor, num_candidates: int, rng: Rng
) -> Tensor:
    """Draw without replacement, each next one in proportion to ``weights`` ([N + 2]): [C, K].

    Neither the target nor what is excluded is drawn. An item arrives after an exponential time of
    rate ``weights``; the first K to arrive are the sample (Efraimidis and Spirakis, "Weighted
    random sampling with a reservoir", 2006). PAD where fewer items have a weight. Takes memory for
    [C, N + 2] numbers.
    """
    shape = (len(cases.ids), cases.num_items + 2)
    # Half a step up: the logarithm of 0 is never taken, and no item arrives at once.
    times = -torch.log1p(-(rng.uniform(shape) + 2.0**-25)) / weights
    items, owners = cases.excluded(exclude)
    times[owners, items] = torch.inf
    times.scatter_(1, cases.targets[:, None], torch.inf)
    times[:, [0, -1]] = torch.inf
    first = times.topk(min(num_candidates, shape[1]), dim=1, largest=False)
    drawn = torch.where(first.values.isfinite(), first.indices, 0)
    return torch.nn.functional.pad(drawn, (0, num_candidates - drawn.shape[1]))
