"""Where targets stand: by comparing and counting scores, never by sorting them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, get_args

import torch
from torch import Tensor

from fw.engine.steps.device import WITHOUT_FLOAT64
from fw.ranking import Cases, Counts, Exclusion

_MOST = 255  # that a byte can count

RULES: tuple[Exclusion, ...] = get_args(Exclusion)


class Standing(NamedTuple):
    """Counts of some cases under one rule, and where the rule excludes the target itself."""

    counts: Counts  # [C] each
    repeats: Tensor  # [C] bool
    weights: Mapping[str, Counts]  # summed weights in place of counts, by the name of the weights


def stand(
    scores: Tensor, cases: Cases, weights: Mapping[str, Tensor] = MappingProxyType({})
) -> dict[Exclusion, Standing]:
    """Count items that score better than the target and the same, under every rule.

    ``scores`` are [C, N + 2]; the columns of PAD and of the mask token are left out. ``weights``
    ([N + 2] int64 each, by name) are summed over the same items. Everything is counted once; what a
    rule excludes is gathered and taken off again.
    """
    reference = scores.gather(1, cases.targets[:, None])
    better, tied = (_compared(by, scores[:, 1:-1], reference) for by in (torch.gt, torch.eq))
    everything = _count(better, tied, cases)
    summed = {
        name: _weigh(better[:, : cases.num_items], tied[:, : cases.num_items], each, cases)
        for name, each in weights.items()
    }
    found = {}
    for rule in RULES:
        excluded = _Excluded.of(scores, reference, cases, rule)
        found[rule] = Standing(
            excluded.taken_off(everything),
            excluded.repeats(),
            {name: excluded.taken_off(summed[name], each) for name, each in weights.items()},
        )
    return found


def stand_among(scores: Tensor, cases: Cases, candidates: Tensor) -> Counts:
    """Count among given candidates ([C, R, K], 0 where there is none): [C, R] each."""
    reference = scores.gather(1, cases.targets[:, None])[:, :, None]
    drawn = scores.gather(1, candidates.flatten(1)).view(candidates.shape)
    real = candidates > 0
    better, tied = (drawn > reference) & real, (drawn == reference) & real
    return Counts(better.sum(2), tied.sum(2), real.sum(2))


def count_known(cases: Cases, candidates: Tensor) -> Tensor:
    """Count the candidates ([C, R, K]) that are of the case's history, not the target: [C, R]."""
    stride = cases.num_items + 1
    items, owners = cases.excluded("seen")
    keys = owners * stride + items
    if not len(keys):
        return torch.zeros_like(candidates[:, :, 0])
    numbers = torch.arange(len(candidates), device=candidates.device)[:, None, None]
    wanted = numbers * stride + candidates
    places = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    others = candidates != cases.targets[:, None, None]
    return ((keys[places] == wanted) & others).sum(2)


class _Excluded(NamedTuple):
    """What a rule excludes of all cases, S items: whose, and how they stand to the target."""

    items: Tensor  # [S]
    owners: Tensor  # [S] the number of the case
    flags: Tensor  # [4, S] int64: better, tied, another item than the target, the target itself
    num_cases: int

    @classmethod
    def of(cls, scores: Tensor, reference: Tensor, cases: Cases, rule: Exclusion) -> _Excluded:
        items, owners = cases.excluded(rule)
        values, references = scores[owners, items], reference[owners, 0]
        target = items == cases.targets[owners]  # is never excluded
        better, tied = values > references, (values == references) & ~target
        flags = torch.stack([better, tied, ~target, target]).to(torch.int64)
        return cls(items, owners, flags, len(cases.ids))

    def taken_off(self, everything: Counts, weights: Tensor | None = None) -> Counts:
        """Return what is left of counts, or of summed ``weights`` ([N + 2])."""
        each = self.flags[:3] if weights is None else self.flags[:3] * weights[self.items]
        parts = zip(everything, self._sums(each), strict=True)
        return Counts(*(whole - part for whole, part in parts))

    def repeats(self) -> Tensor:
        """Return [C] bool: the target itself is one of them."""
        return self._sums(self.flags[3:])[0] > 0

    def _sums(self, values: Tensor) -> Tensor:
        sums = values.new_zeros((len(values), self.num_cases))
        return sums.index_add_(1, self.owners, values)


def _compared(compare: Callable[..., object], scores: Tensor, reference: Tensor) -> Tensor:
    """Compare [C, N] scores with [C, 1]: [C, W] bool, false from N on, to be counted."""
    rows, number = scores.shape
    words = max(-(-number // 8), 1)
    at_once = min(words, _MOST)
    width = 8 * at_once * -(-words // at_once)
    flags = torch.zeros((rows, width), dtype=torch.bool, device=scores.device)
    compare(scores, reference, out=flags[:, :number])
    return flags


def _count_true(flags: Tensor) -> Tensor:
    """Count what is true in each row ([C, W] bool, as wide as comparisons make it): [C] int64.

    Eight flags are taken as one number, and as many of these are added up as no byte can run over:
    on a CPU several times as fast as a sum of flags, each of which is made a number of its own.
    """
    words = flags.view(torch.int64)
    each = words.view(len(words), -1, min(words.shape[1], _MOST)).sum(2)
    return each.view(torch.uint8).sum(1)


def _count(better: Tensor, tied: Tensor, cases: Cases) -> Counts:
    """Count what is true ([C, W] bool), the target itself left out."""
    above, same = _count_true(better), _count_true(tied)
    return Counts(above, same - 1, torch.full_like(above, cases.num_items - 1))


def _weigh(better: Tensor, tied: Tensor, weights: Tensor, cases: Cases) -> Counts:
    """Sum the ``weights`` ([N + 2] int64) of what is true ([C, N] bool), without the target's own.

    A product of float64 numbers is several times as fast as a sum of integers, and below 2^53 as
    exact.
    """
    items, own = weights[1:-1], weights[cases.targets]
    if better.device.type in WITHOUT_FLOAT64:
        above, same = (torch.where(part, items, 0).sum(1) for part in (better, tied))
    else:
        above, same = ((part.double() @ items.double()).long() for part in (better, tied))
    return Counts(above, same - own, items.sum() - own)
