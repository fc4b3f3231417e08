"""What two views of a batch say about contrastive training, in numbers worth logging."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize, pdist

from fw.contrast import Similarity, comparable, logits, pairs, same_items
from fw.exponentials import log_sum_exp

# An anchor counts as saturated when its positive gets more of the softmax than this: hardly any
# gradient is left.
_SATURATED = 0.99


@torch.no_grad()
def contrast_diagnostics(
    first: Tensor,
    second: Tensor,
    *,
    similarity: Similarity,
    temperature: float,
    newest: Tensor | None = None,
) -> dict[str, Tensor]:
    """Describe two pooled views ([N, P] each) of a batch, each number a 0-d tensor.

    ``positive_similarity`` and ``negative_similarity`` are means over pairs; ``logit_gap`` is the
    mean distance, in similarity over temperature, of the positive from the hardest negative;
    ``saturated`` the share of the 2N anchors whose positive has more than 0.99 of the softmax;
    ``alignment`` and ``uniformity`` those of Wang and Isola (ICML 2020, alpha = t = 2), lower being
    better; ``effective_rank`` see :func:`effective_rank`. Given each row's ``newest`` item ([N]),
    ``false_negatives`` is the share of the negative pairs that have it in common.

    With a single row, what compares rows is NaN or infinite. Nothing is read back to the host.
    """
    vectors = comparable(first, second, similarity)
    positive, itself = pairs(len(first), first.device)
    negative = ~(positive | itself)
    numbers = _of_similarities(logits(vectors, 1.0), temperature, positive, negative)
    numbers["alignment"] = alignment(first, second)
    numbers["uniformity"] = (uniformity(first) + uniformity(second)) / 2
    numbers["effective_rank"] = effective_rank(vectors)
    if newest is not None:
        numbers["false_negatives"] = _mean(same_items(newest).float(), negative)
    return numbers


def _of_similarities(
    similarities: Tensor, temperature: float, positive: Tensor, negative: Tensor
) -> dict[str, Tensor]:
    scaled = similarities / temperature
    own = torch.where(positive, scaled, 0.0).sum(-1)
    hardest = scaled.masked_fill(~negative, -math.inf).amax(-1)
    behind = log_sum_exp(scaled, negative) - own  # log odds against the positive
    return {
        "positive_similarity": _mean(similarities, positive),
        "negative_similarity": _mean(similarities, negative),
        "logit_gap": (own - hardest).mean(),
        "saturated": (behind < math.log(1 / _SATURATED - 1)).float().mean(),
    }


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    return torch.where(chosen, values, 0.0).sum() / chosen.sum()


def alignment(first: Tensor, second: Tensor) -> Tensor:
    """Return the mean squared distance between the two views of a row, on the unit sphere."""
    difference = normalize(first.float(), dim=-1) - normalize(second.float(), dim=-1)
    return difference.square().sum(-1).mean()


def uniformity(vectors: Tensor) -> Tensor:
    """Return log of the mean of exp(-2 squared distance) over pairs of rows, on the unit sphere."""
    distances = pdist(normalize(vectors.float(), dim=-1))
    return distances.square().mul(-2).exp().mean().log()


def effective_rank(vectors: Tensor) -> Tensor:
    """Return over how many directions the vectors ([M, P]) spread: 1 .. min(M, P).

    (sum of l)^2 / sum of l^2 over the eigenvalues l of their second moment, the participation
    ratio. It is the second-order form of the effective rank of Roy and Vetterli (EUSIPCO 2007),
    and needs no decomposition, for which the host would wait.
    """
    products = logits(vectors.float(), 1.0)
    return products.diagonal().sum().square() / products.square().sum()
