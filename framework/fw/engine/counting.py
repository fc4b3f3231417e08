"""Where targets stand: by comparing and counting scores, never by sorting them."""

from __future__ import annotations

from typing import NamedTuple, get_args

import torch
from torch import Tensor

from fw.ranking import Cases, Counts, Exclusion

RULES: tuple[Exclusion, ...] = get_args(Exclusion)


class Standing(NamedTuple):
    """Counts of some cases under one rule, and where the rule excludes the target itself."""

    counts: Counts  # [C] each
    repeats: Tensor  # [C] bool


def stand(scores: Tensor, cases: Cases) -> dict[Exclusion, Standing]:
    """Count items that score better than the target and the same, under every rule.

    ``scores`` are [C, N + 2]; the columns of PAD and of the mask token are left out. Everything is
    counted once; what a rule excludes is gathered and taken off again.
    """
    reference = scores.gather(1, cases.targets[:, None])
    items = scores[:, 1:-1]
    # Summed as int32, true and false are four times as fast as as int64.
    better = (items > reference).sum(1, dtype=torch.int32).long()
    tied = (items == reference).sum(1, dtype=torch.int32).long() - 1
    eligible = torch.full_like(better, cases.num_items - 1)
    everything = Counts(better, tied, eligible)
    return {rule: _without(everything, scores, reference, cases, rule) for rule in RULES}


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


def _without(
    everything: Counts, scores: Tensor, reference: Tensor, cases: Cases, rule: Exclusion
) -> Standing:
    items, owners = cases.excluded(rule)
    values, references = scores[owners, items], reference[owners, 0]
    target = items == cases.targets[owners]  # is never excluded
    flags = torch.stack([(values > references), (values == references) & ~target, ~target, target])
    sums = reference.new_zeros((4, len(reference)), dtype=torch.int64)
    sums.index_add_(1, owners, flags.to(torch.int64))
    counts = (part - excluded for part, excluded in zip(everything, sums[:3], strict=True))
    return Standing(Counts(*counts), sums[3] > 0)
