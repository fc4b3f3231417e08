"""All positions of a step as rows of one: what losses are given that look at nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fw.interfaces import Batch, Negatives, Sequences, StepOutput


def as_rows(outputs: Sequence[StepOutput]) -> StepOutput:
    """Lay the T positions of all parts behind one another, [T, 1, ...] each."""
    targets = _rows([output.batch.targets for output in outputs])
    return outputs[0]._replace(
        batch=Batch(targets, targets, targets),
        hidden=_laid([output.hidden for output in outputs if output.hidden is not None]),
        negatives=_negatives([output.negatives for output in outputs]),
    )


def _rows(parts: Sequence[Sequences]) -> Sequences:
    items = _laid([part.items for part in parts])
    rows = torch.cat([part.rows[:, None].expand_as(part.items).flatten() for part in parts])
    names = parts[0].columns
    columns = {name: _laid([part.columns[name] for part in parts]) for name in names}
    return Sequences(items, _laid([part.is_real() for part in parts])[:, 0].long(), rows, columns)


def _negatives(parts: Sequence[Negatives | None]) -> Negatives | None:
    """Lay negatives behind one another; a set that all share stays as it is."""
    found = [part for part in parts if part is not None]
    if not found:
        return None
    items, log_probability = found[0].items, found[0].log_probability
    if items.dim() > 1:
        items = _laid([part.items for part in found])
        log_probability = _laid([part.log_probability for part in found])
    target = [p.target_log_probability for p in found if p.target_log_probability is not None]
    collides = _laid([part.collides for part in found])
    return Negatives(items, log_probability, collides, _laid(target) if target else None)


def _laid(parts: Sequence[Tensor]) -> Tensor:
    """Return [T, 1, ...] from [b, w, ...] each."""
    return torch.cat([part.flatten(0, 1) for part in parts]).unsqueeze(1)
