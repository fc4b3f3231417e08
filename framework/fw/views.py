"""Two views of every sequence of a batch, each made by an augmenter drawn for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from fw.errors import UserError
from fw.interfaces import NO_COLUMNS, Augmenter, Sequences
from fw.outputs import checked_view
from fw.random import Rng


class TwoViews(nn.Module):
    """Draws an augmenter for each view of each row, and makes the views.

    An augmenter is as likely as any other whose ``min_length`` the row has. With ``distinct`` the
    two views of a row come from different augmenters, where it is long enough for two. A row that
    is too short for all of them passes unchanged. Every augmenter makes a view of all rows, of
    which the drawn ones are kept: so shapes stay fixed, and augmenters add up in cost.
    """

    min_lengths: Tensor  # [A] int64

    def __init__(self, augmenters: Sequence[Augmenter], distinct: bool = False) -> None:
        """Raise UserError where there is no augmenter, or only one for two distinct views."""
        super().__init__()
        _check_number(len(augmenters), distinct)
        self.augmenters, self.distinct = tuple(augmenters), distinct
        self.modules_among = nn.ModuleList(a for a in augmenters if isinstance(a, nn.Module))
        least = [int(getattr(augmenter, "min_length", 0)) for augmenter in augmenters]
        self.may_pass = min(least) > 0
        self.register_buffer("min_lengths", torch.tensor(least), persistent=False)

    def longest(self, length: int) -> int:
        """Return the longest view of rows of up to ``length`` items, as far as the host knows.

        An augmenter says so by a method ``longest``; without one its views may have any length.
        """
        longest = length if self.may_pass else 0
        for augmenter in self.augmenters:
            known = getattr(augmenter, "longest", None)
            longest = max(longest, known(length) if known else sys.maxsize)
        return longest

    def forward(self, sequences: Sequences, rng: Rng) -> tuple[Sequences, Sequences]:
        """Return two views of all rows, under the rows' addresses."""
        first, second = self._choices(sequences.lengths, rng)
        return (
            self._view(sequences, first, rng.child("view 1")),
            self._view(sequences, second, rng.child("view 2")),
        )

    def _choices(self, lengths: Tensor, rng: Rng) -> tuple[Tensor, Tensor]:
        """Draw the augmenters of both views, numbers [B] each; -1 where a row is too short."""
        if len(self.augmenters) == 1 and not self.may_pass:
            return torch.zeros_like(lengths), torch.zeros_like(lengths)
        eligible = lengths[:, None] >= self.min_lengths
        first = _draw_one(eligible, rng.child("choice 1"))
        numbers = torch.arange(len(self.augmenters), device=lengths.device)
        others = eligible & (numbers != first[:, None])
        enough = others.any(1, keepdim=True) & self.distinct
        return first, _draw_one(torch.where(enough, others, eligible), rng.child("choice 2"))

    def _view(self, sequences: Sequences, choice: Tensor, rng: Rng) -> Sequences:
        views = {-1: sequences} if self.may_pass else {}
        for number, augmenter in enumerate(self.augmenters):
            view = augmenter(sequences, rng.child(f"augmenter {number + 1}"))
            views[number] = checked_view(view, sequences, augmenter)
        width = max(view.items.shape[1] for view in views.values())
        wide = {number: _widen(view, width) for number, view in views.items()}
        merged = wide.pop(min(wide))
        for number, view in wide.items():
            merged = _choose(choice == number, view, merged)
        return merged


def _check_number(number: int, distinct: bool) -> None:
    if number == 0:
        raise UserError("two views are made by augmenters, but the recipe names none")
    if distinct and number == 1:
        raise UserError("two distinct views need two augmenters, but the recipe names only one")


def _draw_one(eligible: Tensor, rng: Rng) -> Tensor:
    """Draw a column of ``eligible`` ([B, A] bool) where it is true: [B] int64, -1 where nowhere."""
    counts = eligible.sum(1)
    order = rng.integers(tuple(counts.shape), counts.clamp(min=1))
    chosen = eligible & (eligible.cumsum(1) == order[:, None] + 1)
    return torch.where(counts > 0, chosen.to(torch.int64).argmax(1), -1)


def _widen(sequences: Sequences, width: int) -> Sequences:
    """Add padding up to ``width``."""
    extra = (0, width - sequences.items.shape[1])
    columns = {name: pad(column, extra) for name, column in sequences.columns.items()}
    return sequences._replace(items=pad(sequences.items, extra), columns=columns or NO_COLUMNS)


def _choose(condition: Tensor, view: Sequences, other: Sequences) -> Sequences:
    """Take the rows of ``view`` where ``condition`` ([B] bool) holds, else those of ``other``."""
    wide = condition[:, None]
    columns = {
        name: torch.where(wide, view.columns[name], column)
        for name, column in other.columns.items()
    }
    return other._replace(
        items=torch.where(wide, view.items, other.items),
        lengths=torch.where(condition, view.lengths, other.lengths),
        columns=columns or NO_COLUMNS,
        gaps=view.gaps or other.gaps,
    )
