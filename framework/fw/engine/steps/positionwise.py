"""All positions of a step as rows of one: what losses are given that look at nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from fw.interfaces import PAD, Batch, Loss, Negatives, Sequences, StepOutput
from fw.nn.written_out import is_eager_on_cpu


def rows_for(losses: Mapping[int, Loss], outputs: Sequence[StepOutput]) -> dict[int, StepOutput]:
    """Return what each of the losses is given, from the parts of a batch."""
    if not losses:
        return {}
    rows = as_rows(outputs)
    alone = targets_alone(rows) if any(map(_looks_at_all_items, losses.values())) else rows
    return {i: alone if _looks_at_all_items(loss) else rows for i, loss in losses.items()}


def as_rows(outputs: Sequence[StepOutput]) -> StepOutput:
    """Lay the T positions of all parts behind one another, [T, 1, ...] each."""
    targets = _rows([output.batch.targets for output in outputs])
    return outputs[0]._replace(
        batch=Batch(targets, targets, targets),
        hidden=_laid([output.hidden for output in outputs if output.hidden is not None]),
        negatives=_negatives([output.negatives for output in outputs]),
    )


def targets_alone(output: StepOutput) -> StepOutput:
    """Leave out rows ([T, 1, ...]) without a target, which a loss would have to leave out.

    Only on a CPU, where their number may be looked at, and what is not computed is time.
    """
    targets, hidden = output.batch.targets, output.hidden
    if hidden is None or not is_eager_on_cpu(hidden):
        return output
    kept = (targets.items[:, 0] != PAD).nonzero().squeeze(1)
    items, lengths, rows = (each.index_select(0, kept) for each in targets[:3])
    columns = {name: each.index_select(0, kept) for name, each in targets.columns.items()}
    alone = targets._replace(items=items, lengths=lengths, rows=rows, columns=columns)
    batch = Batch(alone, alone, alone)
    return output._replace(batch=batch, hidden=hidden.index_select(0, kept), negatives=None)


def _looks_at_all_items(loss: Loss) -> bool:
    # With few negatives a row, its products cost no more than a copy of the rows that are left.
    return "negatives" not in loss.requires


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
