"""What one batch an epoch says about training: who pulls how hard, and whether contrast works."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from fw.diagnostics import contrast_diagnostics
from fw.engine.steps.batches import Plan
from fw.engine.steps.step import Step, Term
from fw.interfaces import PAD, Batch, Sequences
from fw.random import Rng

# Below this a contrastive term teaches nothing any more.
_NOTHING = 1e-4
_SATURATED = 0.9
_FALSE_NEGATIVES = 0.05
_COLLAPSED_RANK = 2.0


def diagnose(
    step: Step, history: Sequences, plan: Plan, epoch: int, gradients: bool
) -> dict[str, float]:
    """Describe training on one batch, by name: ``gradient_share/<term>``, ``<term>/<diagnostic>``.

    ``history`` is that of the plan's rows, on the step's device. The shares are told where
    ``gradients`` are asked for: they cost about as much as two steps, the rest hardly anything.
    Neither weights nor their gradients are touched.
    """
    batch, rng = step.batch(history, epoch)
    numbers: dict[str, Tensor] = {}
    if gradients and len(step.terms) > 1:
        numbers.update(_gradient_shares(step, batch, rng, plan))
    for term in step.terms:
        if term.contrastive:
            found = _contrast(step, term, batch, rng, plan)
            numbers.update({f"{term.name}/{name}": value for name, value in found.items()})
    numbers.update(_embedding_norms(step))
    values = torch.stack([torch.as_tensor(v, dtype=torch.float32) for v in numbers.values()])
    return dict(zip(numbers, values.tolist(), strict=True))


def _gradient_shares(step: Step, batch: Batch, rng: Rng, plan: Plan) -> Mapping[str, Tensor]:
    """Return each weighted term's share of the sum of all terms' gradient norms."""
    parameters = [p for p in step.parameters() if p.requires_grad]
    means = step.means(batch, rng, plan.groups)
    norms = []
    for term, mean in zip(step.terms, means, strict=True):
        gradients = torch.autograd.grad(
            term.weight * mean, parameters, retain_graph=True, allow_unused=True
        )
        squares = [gradient.square().sum() for gradient in gradients if gradient is not None]
        norms.append(torch.stack(squares).sum().sqrt())
    total = torch.stack(norms).sum().clamp(min=torch.finfo(torch.float32).tiny)
    return {
        f"gradient_share/{term.name}": norm / total
        for term, norm in zip(step.terms, norms, strict=True)
    }


@torch.no_grad()
def _contrast(step: Step, term: Term, batch: Batch, rng: Rng, plan: Plan) -> dict[str, Tensor]:
    views = step.views(term, batch, rng)
    first, second = step.pooled(term, views, plan.groups, rng)
    settings = getattr(term.loss, "settings", term.loss)
    numbers = contrast_diagnostics(
        first,
        second,
        similarity=getattr(settings, "similarity", "cosine"),
        temperature=getattr(settings, "temperature", 1.0),
        newest=batch.history.newest_items(),
    )
    return {**numbers, "overlap": overlap(*views)}


def overlap(first: Sequences, second: Sequences) -> Tensor:
    """Return the share of the first view's items that the second has too, over the batch."""
    shared = (first.items[:, :, None] == second.items[:, None, :]).any(-1)
    real = first.items != PAD
    return (shared & real).sum() / real.sum().clamp(min=1)


def _embedding_norms(step: Step) -> dict[str, Tensor]:
    """Return the mean length of item and position embeddings, where there are positions."""
    numbers = {"item_norm": step.encoder.items.weight.detach()[1:-1].norm(dim=-1).mean()}
    positions = getattr(step.encoder, "position_table", None)
    if positions is not None:
        numbers["position_norm"] = positions.detach().norm(dim=-1).mean()
    return numbers


def warnings(
    terms: Sequence[Term], losses: Mapping[str, float], numbers: Mapping[str, float]
) -> dict[str, str]:
    """Say in plain words what is wrong with contrastive terms, and what to change, by subject."""
    found: dict[str, str] = {}
    for term in terms:
        if term.contrastive:
            found.update(_warnings_of(term.name, losses[term.name], numbers))
    return found


def _warnings_of(name: str, loss: float, numbers: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    saturated = numbers.get(f"{name}/saturated", 0.0)
    shared = numbers.get(f"{name}/false_negatives", 0.0)
    rank = numbers.get(f"{name}/effective_rank", math.inf)
    if loss < _NOTHING or saturated > _SATURATED:
        yield (
            f"{name} saturated",
            f"{name} teaches next to nothing: it is {loss:.2g} and {saturated:.0%} of its anchors "
            "are saturated, since the logits are too far apart; use cosine similarity, a higher "
            "temperature, or mean pooling",
        )
    if shared > _FALSE_NEGATIVES:
        yield (
            f"{name} false negatives",
            f"{name}: {shared:.0%} of its negative pairs share their newest item; "
            'false_negatives = "mask" leaves them out',
        )
    if rank < _COLLAPSED_RANK:
        yield (
            f"{name} collapsed",
            f"{name}: the pooled vectors have collapsed to {rank:.1f} directions; lower its weight "
            "or raise the temperature",
        )
