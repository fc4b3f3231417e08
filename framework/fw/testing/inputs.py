"""The contract of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from fw.data.coding import ColumnUse
from fw.interfaces import PAD, Info, Sequences
from fw.random import Rng
from fw.testing import world
from fw.testing.messages import require
from fw.testing.step import RowwiseContract


class InputContract(RowwiseContract):
    """A vector for each position, of its item and its columns alone."""

    kind = "input"

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[Tensor, Any]:
        """Give items, and the columns that are asked for."""
        given = world.newest_items(info, rows, width)
        return given.items, {name: given.columns[name] for name in info.codings}

    def call(self, built: Any, arguments: tuple[Any, ...], rng: Rng) -> Any:
        """Call the input as an encoder does: nothing is looked at where there is no item."""
        items, columns = arguments
        return built(items, columns, rng) * (items != PAD).unsqueeze(-1)

    def test_it_says_which_columns_it_looks_at(self, chosen: Any) -> None:
        """``columns`` of the settings class holds ColumnUse; what is not there is not given."""
        found = getattr(chosen.settings, "columns", ())
        require(
            all(isinstance(use, ColumnUse) for use in found),
            f"columns of the settings class is {found!r}",
            "it must be a tuple of fw.data.coding.ColumnUse, or be left out",
        )

    def test_vectors_are_as_wide_as_hidden_states(self, built: Any, info: Info) -> None:
        """[B, L, D] float32, finite, for the mask token too."""
        given = self._given(info)
        items = torch.where(given.is_newest(), info.mask_item, given.items)
        for shape in (items.shape, (items.numel(),)):
            vectors = built(items.reshape(shape), self._columns(given, info, shape), None)
            wanted = [*shape, info.hidden_size]
            require(
                list(vectors.shape) == wanted and vectors.dtype == torch.float32,
                f"vectors of items {list(shape)} are {list(vectors.shape)} {vectors.dtype}",
                f"they must be {wanted} torch.float32: items may have any shape",
            )
            require(vectors.isfinite().all(), "vectors are not finite")

    def test_a_position_sees_neither_its_neighbours_nor_its_place(
        self, built: Any, info: Info
    ) -> None:
        """Else a position could see the column of what it is to predict."""
        given = self._given(info)
        columns = self._columns(given, info, given.items.shape)
        flipped = {name: column.flip(1) for name, column in columns.items()}
        with torch.no_grad():
            straight = built(given.items, columns, None)
            found = built(given.items.flip(1), flipped, None).flip(1)
        require(
            torch.equal(straight, found),
            "vectors change when the positions of a row are put in another order",
            "make each of what stands at its own position",
        )

    def test_columns_that_are_not_given_are_taken_as_not_known(
        self, built: Any, info: Info
    ) -> None:
        """A history may come without them: that is the same as 0 everywhere."""
        given = self._given(info)
        nothing = {name: torch.zeros_like(given.columns[name]) for name in info.codings}
        with torch.no_grad():
            left_out, zeros = built(given.items, {}, None), built(given.items, nothing, None)
        require(
            torch.equal(left_out, zeros),
            "without its columns it gives other vectors than where nothing is known",
            "columns.get(key, torch.zeros_like(items))",
        )

    def test_evaluation_draws_nothing(self, built: Any, info: Info) -> None:
        """Without rng, two calls give the same."""
        given = self._given(info)
        columns = self._columns(given, info, given.items.shape)
        with torch.no_grad():
            first, second = (built(given.items, columns, None) for _ in range(2))
        require(torch.equal(first, second), "two calls without rng differ")

    def _given(self, info: Info) -> Sequences:
        return world.newest_items(info, world.ROWS, world.MAX_LEN)

    @staticmethod
    def _columns(given: Sequences, info: Info, shape: Sequence[int]) -> dict[str, Tensor]:
        return {name: given.columns[name].reshape(shape) for name in info.codings}
