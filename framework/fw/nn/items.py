"""The item table: an embedding of every item, read by rows and as a scoring matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, normalize

from fw.nn.own_scores import FEWEST, rows_of, scores_of_own
from fw.nn.written_out import is_written_out

# A parameter that has this attribute is read by rows; where it is true, its gradient is sparse.
_ROWS_ALONE = "gradient_names_rows"


class ItemTable(nn.Module):
    """Embeddings of PAD (row 0, always zero), the items 1..N and the mask token (row N + 1).

    Rows are gathered with ``index_select``, whose gradient is added up several times faster on a
    CPU than that of ``torch.nn.functional.embedding``; or so that the gradient names rows alone
    (a sparse tensor) once an optimizer has asked for that by :func:`ask_for_rows`.
    """

    def __init__(self, num_items: int, size: int, init: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.num_items = num_items
        self.weight = nn.Parameter(torch.empty(num_items + 2, size))
        setattr(self.weight, _ROWS_ALONE, False)
        init(self.weight.data)
        self.weight.data[0].zero_()
        # Without a gradient the row of PAD stays zero under any optimizer and weight decay.
        hook = _clear_padding_gradient
        self.weight.register_post_accumulate_grad_hook(hook)  # type: ignore[no-untyped-call]

    @property
    def device(self) -> torch.device:
        """Where the table is."""
        return next(self.parameters()).device  # not that of weight, which may have to be computed

    def rows(self, ids: Tensor) -> Tensor:
        """Return the embeddings of ``ids`` (any shape, 0..N + 1): [..., D]."""
        weight = self.weight  # which may have to be computed
        if getattr(weight, _ROWS_ALONE, False):
            return embedding(ids, weight, sparse=True)
        return rows_of(weight, ids)

    def embedded(self, ids: Tensor) -> Tensor:
        """Return what ``ids`` enter an encoder as, if not as :meth:`rows`: [..., D]."""
        return self.rows(ids)

    def remade(self, make: Callable[[ItemTable], ItemTable]) -> ItemTable:
        """Return the table that ``make`` makes of this one, or of the one below it."""
        return make(self)

    def scores(self, hidden: Tensor) -> Tensor:
        """Score every item against ``hidden`` ([..., D]): [..., N + 2].

        What stands in columns 0 (PAD) and N + 1 (the mask token) means nothing.
        """
        return hidden @ self.weight.T

    def scores_of(self, hidden: Tensor, ids: Tensor) -> Tensor:
        """Score ``ids`` ([..., K]) against the hidden state ([..., D]) at their place: [..., K]."""
        size, number = hidden.shape[-1], ids.shape[-1]
        if number >= FEWEST and ids.numel() and is_written_out(hidden):
            weight = self.weight
            if not getattr(weight, _ROWS_ALONE, False):
                given = hidden.reshape(-1, size), weight, ids.reshape(-1, number)
                return scores_of_own(*given).view(ids.shape)
        return (hidden.unsqueeze(-2) * self.rows(ids)).sum(-1)

    def cosines(self, item: int) -> Tensor:
        """Return the cosine of every id's embedding with that of one: [N + 2] float32."""
        rows = normalize(self.weight.float(), dim=1)
        return rows @ rows[item]


def _clear_padding_gradient(weight: Tensor) -> None:
    if weight.grad is None:
        return
    if weight.grad.is_sparse:
        weight.grad._values().masked_fill_((weight.grad._indices()[0] == 0)[:, None], 0.0)
    else:
        weight.grad[0].zero_()


def ask_for_rows(parameters: Iterable[Tensor]) -> None:
    """Let tables among the parameters have gradients of the rows that were read, and no others.

    For an optimizer that updates rows. Where a loss scores all items, the gradient is whole anyway.
    """
    for parameter in parameters:
        if hasattr(parameter, _ROWS_ALONE):
            setattr(parameter, _ROWS_ALONE, True)
