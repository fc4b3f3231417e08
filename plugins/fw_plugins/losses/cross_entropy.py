"""Cross-entropy over the whole catalogue, without ever holding all its logits."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import attrs
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from fw import LossTerm, StepOutput, hookimpl, validators
from fw.exponentials import LOG2_E
from fw.interfaces import PAD
from fw.nn.filling import MULTIPLE, fill

# Logits of one chunk. On a CPU they should stay in its cache from one pass over them to the next,
# on other devices there should be few chunks.
_LOGITS_ON_CPU = 2**21
_LOGITS = 2**27


@attrs.frozen(kw_only=True)
class CrossEntropy:
    """-log of the softmax, over the items 1..N, that the target gets; over all positions.

    The loss of BERT4Rec (Sun et al., CIKM 2019, eq. 8) for SASRec (Klenitskiy and Vasilev, RecSys
    2023); exact. Neither padding nor the mask token is among the items. Averaged over the positions
    that have a target. Memory is that of a chunk of logits, not of positions times items: see
    :class:`ChunkedSoftmax`.

    With ``label_smoothing`` s, the share s of each target is spread evenly over all items (Szegedy
    et al., CVPR 2016, section 7). ``precision`` is that of logits, softmax and matrix products;
    sums of gradients are float32 whatever it is. ``"bfloat16"`` pays where the hardware has
    instructions for it, and rounds logits to 8 bits.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden"})
    positionwise: ClassVar[bool] = True

    label_smoothing: float = attrs.field(
        default=0.0,
        validator=validators.below_one,
        metadata={"help": "share of the target that all items get"},
    )
    temperature: float = attrs.field(
        default=1.0, validator=validators.positive, metadata={"help": "divides scores"}
    )
    precision: Literal["float32", "bfloat16"] = attrs.field(
        default="float32", metadata={"help": "of logits and matrix products"}
    )

    def __call__(self, output: StepOutput) -> LossTerm:
        """Score hidden states ([B, L, D]) against all items."""
        targets = output.batch.targets.items.flatten()
        counted = targets != PAD
        # Zeros where nothing is counted: then these rows add nothing to any item's gradient.
        hidden = output.hidden.flatten(0, 1).float() * counted[:, None] / self.temperature
        table = output.items.weight[1:-1]
        target = (targets - 1).clamp(min=0)
        with torch.autocast(hidden.device.type, enabled=False):
            precision = getattr(torch, self.precision)
            total = softmax_loss(hidden, table, target, counted, precision)
            if self.label_smoothing:
                total = total + self.label_smoothing * _ahead(hidden, table, target)
        return LossTerm(total, counted.sum())


def _ahead(hidden: Tensor, table: Tensor, target: Tensor) -> Tensor:
    """Return by how much the targets' scores exceed the mean over all items, summed: [].

    -(1 - s) log p[target] - s mean(log p) is -log p[target] + s (score[target] - mean(score)):
    so smoothing needs no pass over the logits.
    """
    return (hidden * (table.index_select(0, target) - table.mean(0))).sum()


def softmax_loss(
    hidden: Tensor, table: Tensor, target: Tensor, counted: Tensor, precision: torch.dtype
) -> Tensor:
    """Return the sum of -log softmax(hidden table^T)[target] over the counted rows: [].

    ``hidden`` [R, D], zero where not ``counted`` ([R] bool); ``table`` [N, D]; ``target`` [R] int64
    in 0..N - 1. Sizes are filled up to multiples of 16. Rows that are not counted get a gradient
    too, which their zero makes meaningless.
    """
    num_items = len(table)
    parts = fill(hidden), fill(table, axes=2), target, counted
    loss: Tensor = ChunkedSoftmax.apply(*parts, num_items, precision)
    return loss


class ChunkedSoftmax(torch.autograd.Function):
    """The loss and, while a chunk of logits is at hand, its gradients.

    The logits of a chunk of rows become, in one buffer, their exponentials, and those less their
    sum at the target: the gradient times that sum, by which rows are divided after, as they are
    shorter. Two products take it on to both factors. So nothing is computed twice, and the buffer
    is all that is held. The idea is that of Liger-Kernel (Hsu et al., 2024) and of Cut
    Cross-Entropy (Wijmans et al., ICLR 2025).
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        table: Tensor,
        target: Tensor,
        counted: Tensor,
        num_items: int,
        precision: torch.dtype,
    ) -> Tensor:
        """Return the summed loss; sums are in the type of ``hidden`` and ``table``."""
        loss, hidden_gradient = hidden.new_zeros(()), torch.empty_like(hidden)
        items, table_gradient = table.to(precision), torch.zeros_like(table)
        size = _chunk_size(hidden, len(table))
        buffer = items.new_empty(size, len(table))
        for start in range(0, len(hidden), size):
            part = slice(start, start + size)
            rows = hidden[part]
            scaled = (rows * LOG2_E).to(precision)
            logits = torch.mm(scaled, items.T, out=buffer[: len(rows)])
            losses, sums = _differentiate(logits, target[part], num_items)
            loss += torch.where(counted[part], losses, 0).sum()
            hidden_gradient[part] = (logits @ items) / sums
            _add_product(table_gradient, logits.T, (rows / sums).to(precision))
        ctx.save_for_backward(hidden_gradient, table_gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradients that the forward pass made."""
        hidden_gradient, table_gradient = ctx.saved_tensors
        return gradient * hidden_gradient, gradient * table_gradient, None, None, None, None


def _differentiate(logits: Tensor, target: Tensor, num_items: int) -> tuple[Tensor, Tensor]:
    """Return each row's loss, [R], and its sum of exponentials relative to the largest, [R, 1].

    ``logits`` ([R, M], to the base of 2, the first ``num_items`` real) become the gradient by the
    natural ones times those sums. Powers of 2 are several times faster than torch's ``exp``.
    """
    logits[:, num_items:] = -torch.inf
    logits -= logits.amax(1, keepdim=True)
    chosen = target[:, None]
    behind = logits.gather(1, chosen)
    sums = logits.exp2_().sum(1, keepdim=True, dtype=_wide(logits.dtype))
    logits.scatter_add_(1, chosen, -sums.to(logits.dtype))
    return ((sums.log2() - behind) / LOG2_E).squeeze(1), sums


def _wide(precision: torch.dtype) -> torch.dtype:
    return torch.promote_types(precision, torch.float32)


def _chunk_size(hidden: Tensor, num_items: int) -> int:
    """Return how many rows' logits are made at once, from shapes alone: chunks of one size."""
    logits = _LOGITS_ON_CPU if hidden.device.type == "cpu" else _LOGITS
    most = max(logits // num_items // MULTIPLE, 1) * MULTIPLE
    rows = max(len(hidden), 1)
    chunks = -(-rows // most)
    return -(-rows // chunks // MULTIPLE) * MULTIPLE


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add a product to ``total``, whose precision may be higher than that of the factors."""
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right


@hookimpl
def register_losses(register):
    """Offer ``cross_entropy``."""
    register("cross_entropy", CrossEntropy)
