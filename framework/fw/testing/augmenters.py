"""The contract of augmenters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from fw.interfaces import Info, Sequences
from fw.testing import world
from fw.testing.draws import place
from fw.testing.messages import require
from fw.testing.sequences import check_sequences
from fw.testing.step import RowwiseContract


class AugmenterContract(RowwiseContract):
    """One view of every row: right-padded, of known items, drawn by address.

    ``may_be_empty`` is for an augmenter that may leave nothing of a row.
    """

    kind = "augmenter"
    may_be_empty: ClassVar[bool] = False

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[Sequences]:
        """Give the newest training items of the rows."""
        return (world.newest_items(info, rows, width),)

    def test_a_view_is_a_batch_of_right_padded_sequences_of_known_items(
        self, built: Any, info: Info
    ) -> None:
        """Under the addresses of its rows, with their columns; the mask token N + 1 is known."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        check_sequences("a view", _view(built, given), given, largest=info.mask_item)

    def test_no_row_becomes_empty(self, built: Any, info: Info) -> None:
        """A row with items has a view with items, and an empty one stays empty."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        lengths = _view(built, given).lengths
        filled = given.lengths > 0
        wrong = (lengths > 0) & ~filled if self.may_be_empty else (lengths > 0) != filled
        require(
            not wrong.any(),
            f"rows of {given.lengths[wrong].tolist()} items have views of "
            f"{lengths[wrong].tolist()}",
            "keep at least one item of a row that has any; where a view may be empty, set\n"
            "may_be_empty = True in the test class",
        )

    def test_no_view_is_longer_than_it_says(self, built: Any, info: Info) -> None:
        """Views are cut to ``longest(L)`` before they are encoded, and encoders end at max_len."""
        for width in (1, 2, 5, world.MAX_LEN):
            (given,) = self.arguments(built, info, world.ROWS, width)
            view = _view(built, given)
            limit = built.longest(width) if hasattr(built, "longest") else info.max_len
            longest = int(view.lengths.max())
            require(
                longest <= limit,
                f"rows of up to {width} items have views of up to {longest}, "
                f"but longest({width}) is {limit}",
                "longest(length) must be at least the longest view of rows of that length",
            )
            require(
                view.items.shape[1] <= info.max_len,
                f"views are {view.items.shape[1]} wide, max_len is {info.max_len}",
                "cut them: encoders have max_len positions",
            )

    def test_min_length_is_a_number(self, built: Any) -> None:
        """Rows with fewer items are not given to an augmenter that has it."""
        least = getattr(built, "min_length", 0)
        require(
            isinstance(least, int) and least >= 0,
            f"min_length is {least!r}",
            "it must be a number of items, 0 or more",
        )


def _view(built: Any, given: Sequences) -> Sequences:
    with torch.no_grad():
        view: Sequences = built(given, place(given.rows))
        return view
