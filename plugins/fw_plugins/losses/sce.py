"""Scalable cross-entropy: the softmax where it matters, inside buckets of what belongs together."""

from __future__ import annotations

import math
from typing import ClassVar

import attrs
import torch
from torch import Tensor
from torch.nn.functional import softplus

from fw import LossTerm, StepOutput, hookimpl, validators
from fw.exponentials import log_sum_exp
from fw.interfaces import PAD
from fw.nn.filling import fill
from fw.sampling.shared import shared


@attrs.frozen(kw_only=True)
class ScalableCrossEntropy:
    """Cross-entropy against the items that are hardest for a position, for large catalogues.

    Random directions are drawn; the bucket of each holds the positions and the items that point
    that way most. Inside a bucket each position has -log softmax of its target among the bucket's
    items, to which it is added where it is missing; a position in several buckets keeps its largest
    loss (Mezentsev et al., RecSys 2024). Averaged over the positions with a target that are in a
    bucket.

    Where ``num_buckets`` or ``bucket_positions`` are not set they are 2 sqrt(positions), as the
    paper advises. With ``mix`` the directions are random sums of the positions' hidden states, so
    that they point where those do. Buckets are made of a part of a batch (see
    :class:`fw.interfaces.StepOutput`): a position's loss depends on who is in the batch.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden"})
    batch_invariant: ClassVar[bool] = False

    num_buckets: int | None = attrs.field(
        default=None, validator=validators.at_least(1), metadata={"help": "random directions"}
    )
    bucket_positions: int | None = attrs.field(
        default=None, validator=validators.at_least(1), metadata={"help": "positions in a bucket"}
    )
    bucket_items: int = attrs.field(
        default=256, validator=validators.at_least(1), metadata={"help": "items in a bucket"}
    )
    mix: bool = attrs.field(default=False, metadata={"help": "make directions of hidden states"})

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against the items of their buckets."""
        targets = output.batch.targets.items.flatten()
        counted = targets != PAD
        hidden, table = fill(output.hidden.flatten(0, 1)), fill(output.items.weight[1:-1])
        directions = self._directions(hidden, output)
        positions = _most_aligned(directions, hidden, self._per_bucket(len(hidden)), counted)
        items = _most_aligned(directions, table, min(self.bucket_items, len(table)))
        losses = bucket_losses(hidden, table, (targets - 1).clamp(min=0), positions, items)
        largest, reached = _largest(losses, positions, len(hidden))
        counted = counted & reached
        return LossTerm(torch.where(counted, largest, 0.0).sum(), counted.sum())

    @torch.no_grad()
    def _directions(self, hidden: Tensor, output: StepOutput) -> Tensor:
        """Draw random directions, [M, D]; padding, which is zero, adds nothing to a sum."""
        number = self.num_buckets or _advised(len(hidden))
        if not self.mix:
            return shared(output.rng).normal((1, number, hidden.shape[1])).squeeze(0)
        shape = (*output.batch.targets.items.shape, number)
        return output.rng.normal(shape).flatten(0, 1).T @ hidden

    def _per_bucket(self, num_positions: int) -> int:
        return min(self.bucket_positions or _advised(num_positions), num_positions)


def bucket_losses(
    hidden: Tensor, table: Tensor, target: Tensor, positions: Tensor, items: Tensor
) -> Tensor:
    """Return each position's loss in each bucket it is in, [M, X].

    ``hidden`` [R, D], ``table`` [N, D] and ``target`` [R] in 0..N - 1 are of all positions and
    items; ``positions`` [M, X] and ``items`` [M, Y] say which are in the M buckets.
    """
    right = (hidden * table.index_select(0, target)).sum(-1)[positions]
    scores = _rows(hidden, positions) @ _rows(table, items).transpose(1, 2)
    wrong = target[positions].unsqueeze(-1) != items.unsqueeze(1)
    return softplus(log_sum_exp(scores, wrong) - right)


@torch.no_grad()
def _most_aligned(
    directions: Tensor, vectors: Tensor, number: int, among: Tensor | None = None
) -> Tensor:
    """Return which vectors ([R, D]) have the largest products with each direction: [M, number].

    Those ``among`` ([R] bool) which it may choose come first.
    """
    products = directions @ vectors.T
    if among is not None:
        products = products.masked_fill(~among, -torch.inf)
    return products.topk(number, dim=1).indices


def _rows(vectors: Tensor, places: Tensor) -> Tensor:
    """Return [M, X, D]; the gradient of ``index_select`` is added up fast."""
    return vectors.index_select(0, places.flatten()).view(*places.shape, -1)


def _largest(losses: Tensor, positions: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Return each position's largest loss, [R], and whether it is in any bucket."""
    places = positions.flatten()
    largest = losses.new_zeros(number).scatter_reduce(0, places, losses.flatten(), "amax")
    reached = torch.zeros_like(largest, dtype=torch.bool)
    return largest, reached.scatter(0, places, True)


def _advised(num_positions: int) -> int:
    return max(round(2 * math.sqrt(num_positions)), 1)


@hookimpl
def register_losses(register):
    """Offer ``sce``."""
    register("sce", ScalableCrossEntropy)
