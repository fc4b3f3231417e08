"""What is exported of a trained run: one module from histories to scores."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fw.engine.evaluating.evaluation import newest_states
from fw.engine.finished.model import Trained
from fw.interfaces import NO_COLUMNS, Sequences


class Scores(nn.Module):
    """Scores what may come next, as :meth:`fw.engine.finished.model.Trained.scores` does.

    The columns that belong to no item have -inf, so that the best column is the best item.
    """

    no_item: Tensor  # [N + 2] bool: padding and the mask token

    def __init__(self, run: Trained) -> None:
        super().__init__()
        self.model, self.names = run.model, column_names(run)
        numbers = torch.arange(run.info.num_items + 2)
        no_item = (numbers == 0) | (numbers == run.info.mask_item)
        self.register_buffer("no_item", no_item, persistent=False)

    def forward(self, items: Tensor, lengths: Tensor, *columns: Tensor) -> Tensor:
        """Score all items ([B, N + 2] float32) after each history.

        ``items`` ([B, L] int64) are numbers 1..N, oldest first, and 0 after the first ``lengths``
        ([B] int64) of a row. ``columns`` ([B, L] int64 each) are those that the encoder asks for.
        """
        encoder, task = self.model.encoder, self.model.task
        named = dict(zip(self.names, columns, strict=True)) or NO_COLUMNS
        query = task.query(Sequences(items, lengths, torch.zeros_like(lengths), named))
        scores = encoder.items.scores(newest_states(encoder, query)).float()
        return scores.masked_fill(self.no_item, -math.inf)


def column_names(run: Trained) -> tuple[str, ...]:
    """Return the columns that a run's encoder asks for, such as the times of interactions."""
    asked = getattr(run.recipe.one("encoder").settings, "columns", ())
    return tuple(name for name in asked if isinstance(name, str))
