"""The contract of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fw.interfaces import Batch, Info, Sequences
from fw.testing import world
from fw.testing.draws import place
from fw.testing.messages import broken, require
from fw.testing.sequences import check_sequences
from fw.testing.step import RowwiseContract
from fw.testing.tensors import difference, tensors


class TaskContract(RowwiseContract):
    """What each position is to predict: inputs and targets of one shape, and a query."""

    kind = "task"

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[Sequences]:
        """Give the newest training items of the rows, one more than there will be inputs."""
        return (world.newest_items(info, rows, width + 1),)

    def test_inputs_and_targets_are_right_padded_sequences_of_one_shape(
        self, built: Any, info: Info
    ) -> None:
        """A target is an item or PAD, and never the mask token; inputs may have that."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        batch = _batch(built, given)
        check_sequences("inputs", batch.inputs, given, largest=info.mask_item)
        check_sequences("targets", batch.targets, given, largest=info.num_items, gaps=True)
        shapes = [list(part.items.shape) for part in batch[:2]]
        require(
            shapes[0] == shapes[1],
            f"inputs are {shapes[0]}, targets {shapes[1]}",
            "there is one target, or PAD, for each position of the inputs",
        )

    def test_the_history_is_passed_on(self, built: Any, info: Info) -> None:
        """Views are made from it, and losses look up its newest item."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        found = difference(tensors(_batch(built, given).history), tensors(given))
        require(not found, f"history differs from what was given in {found}")

    def test_widths_follow_the_history(self, built: Any, info: Info) -> None:
        """Parts of a batch are cut to the width of their history, and encoders end at max_len."""
        widths = {}
        for width in range(2, world.MAX_LEN + 2):
            batch = _batch(built, world.newest_items(info, world.ROWS, width))
            widths[width] = batch.inputs.items.shape[1]
        require(
            len({width - found for width, found in widths.items()}) == 1,
            f"histories of width {list(widths)} give inputs of width {list(widths.values())}",
            "each must be narrower than its history by the same number",
        )
        require(
            max(widths.values()) <= world.MAX_LEN,
            f"a history of max_len + 1 gives inputs of width {max(widths.values())}",
            f"encoders have max_len ({world.MAX_LEN}) positions",
        )

    def test_a_query_asks_for_what_comes_next(self, built: Any, info: Info) -> None:
        """Its newest position predicts the next item: it fits an encoder, and is never empty."""
        given = world.newest_items(info, world.ROWS, world.MAX_LEN)
        query = built.query(given)
        check_sequences("the query", query, given, largest=info.mask_item)
        require(
            query.items.shape[1] <= world.MAX_LEN,
            f"the query is {query.items.shape[1]} wide for a history of max_len",
            f"encoders have max_len ({world.MAX_LEN}) positions: drop the oldest item",
        )
        require(
            bool((query.lengths >= given.lengths.clamp(max=1)).all()),
            f"histories of {given.lengths.tolist()} items give queries of {query.lengths.tolist()}",
            "a row with items has a query",
        )

    def test_min_items_is_a_number_of_items(self, built: Any) -> None:
        """Rows with fewer training items are not trained on."""
        require(
            isinstance(built.min_items, int) and built.min_items >= 1,
            f"min_items is {built.min_items!r}",
            "it must be a whole number, 1 or more",
        )


def _batch(built: Any, given: Sequences) -> Batch:
    batch = built(given, place(given.rows))
    if not isinstance(batch, Batch):
        broken(f"the task gives {type(batch).__name__}, not fw.Batch")
    return batch
