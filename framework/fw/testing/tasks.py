"""The contract of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from fw.config.chosen import Chosen
from fw.interfaces import PAD, Batch, Info, Sequences
from fw.testing import world
from fw.testing.draws import place
from fw.testing.messages import broken, require
from fw.testing.sequences import check_sequences
from fw.testing.step import RowwiseContract
from fw.testing.tensors import difference, tensors

EPOCHS = 200  # over which targets are counted
ASKED_FIRST = ("min_items", "ahead", "requires_causal")


class TaskContract(RowwiseContract):
    """What each position is to predict: inputs and targets of one shape, and a query."""

    kind = "task"

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[Sequences]:
        """Give the newest training items of the rows, so many that inputs are ``width`` wide."""
        return (world.newest_items(info, rows, width + built.ahead),)

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

    def test_no_target_is_seen_where_it_is_predicted(self, built: Any, info: Info) -> None:
        """A position sees the inputs up to its own; all of them, unless causality is required."""
        batch = _batch(built, _different_items(built))
        targets = batch.targets.items
        seen = (batch.inputs.items[:, None, :] == targets[:, :, None]) & (targets != PAD)[..., None]
        seen = seen.tril() if built.requires_causal else seen
        for row, target, found in seen.nonzero().tolist()[:1]:
            item = int(targets[row, target])
            broken(
                f"item {item}, the target at position {target}, stands in the inputs at position "
                f"{found}",
                "an encoder could look it up: hide it; or, where it stands at later positions\n"
                "alone, say requires_causal = True",
            )

    def test_the_history_is_passed_on(self, built: Any, info: Info) -> None:
        """Views are made from it, and losses look up its newest item."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        found = difference(tensors(_batch(built, given).history), tensors(given))
        require(not found, f"history differs from what was given in {found}")

    def test_widths_follow_the_history(self, built: Any, info: Info) -> None:
        """Parts of a batch are cut to the width of their history, and encoders end at max_len."""
        given = list(range(2, world.MAX_LEN + built.ahead + 1))
        histories = [world.newest_items(info, world.ROWS, width) for width in given]
        found = [_batch(built, history).inputs.items.shape[1] for history in histories]
        require(
            found == [width - built.ahead for width in given],
            f"histories of width {given} give inputs of width {found}",
            f"each must be narrower than its history by ahead ({built.ahead})",
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

    def test_a_query_is_the_same_in_any_batch(self, built: Any, info: Info) -> None:
        """Evaluation cuts cases into chunks as memory allows, each as wide as its longest."""
        for row, length in enumerate(world.LENGTHS):
            widths = min(max(length, 1), world.MAX_LEN), world.MAX_LEN
            queries = [built.query(world.newest_items(info, [row], width)) for width in widths]
            narrow, wide = (query.items[0, : int(query.lengths)].tolist() for query in queries)
            require(
                narrow == wide,
                f"row {row} has the query {narrow}, and {wide} where there is more padding",
                "go by the lengths of rows, not by their width",
            )

    def test_min_items_is_a_number_of_items(self, built: Any) -> None:
        """Rows with fewer training items are not trained on."""
        require(
            isinstance(built.min_items, int) and built.min_items >= 1,
            f"min_items is {built.min_items!r}",
            "it must be a whole number, 1 or more",
        )

    def test_what_is_asked_first_is_known_before_it_is_built(
        self, chosen: Chosen, built: Any
    ) -> None:
        """A recipe is checked, and its data looked at, before anything is built."""
        for name in ASKED_FIRST:
            said, found = getattr(chosen.settings, name, None), getattr(built, name)
            require(
                said == found,
                f"{name} is {found}, but the settings say {said}",
                f"state it in the settings class too: {name}: ClassVar[...] = {found}",
            )

    def test_no_row_has_more_targets_than_it_says(self, built: Any, info: Info) -> None:
        """Samplers and losses are given so many places a row: the rest would be lost."""
        if not hasattr(built, "num_targets"):
            pytest.skip("has no num_targets")
        for width in range(1, world.MAX_LEN + 1):
            (given,) = self.arguments(built, info, world.ROWS, width)
            found = int((_batch(built, given).targets.items != PAD).sum(1).max())
            most = built.num_targets(width)
            require(
                found <= most,
                f"num_targets({width}) is {most}, but a row of {width} inputs has {found} targets",
            )

    def test_targets_are_as_frequent_as_it_says(self, built: Any, info: Info) -> None:
        """Samplers of targets report how likely an item is; corrections are made of it."""
        if not hasattr(built, "target_counts"):
            pytest.skip("has no target_counts")
        said = built.target_counts(info)
        found = _mean_counts(built, info)
        require(
            said.shape == found.shape and said.dtype == torch.float64,
            f"target_counts gives {list(said.shape)} {said.dtype}",
            f"it must be {list(found.shape)} torch.float64: N + 2 items",
        )
        # Five standard errors: a mean of counts whose variances are at most their means.
        wrong = (said - found).abs() > 5 * (torch.maximum(said, found) / EPOCHS).sqrt()
        for item in wrong.nonzero().flatten().tolist()[:1]:
            broken(
                f"target_counts says {said[item].item():.3g} for item {item}; it was a target "
                f"{found[item].item():.3g} times an epoch, the mean of {EPOCHS}"
            )


def _batch(built: Any, given: Sequences, epoch: int = 1) -> Batch:
    batch = built(given, place(given.rows, epoch).plain())
    if not isinstance(batch, Batch):
        broken(f"the task gives {type(batch).__name__}, not fw.Batch")
    return batch


def _different_items(built: Any) -> Sequences:
    """Make rows of the same items, none of them twice."""
    width, rows = world.MAX_LEN + built.ahead, torch.tensor(world.ROWS)
    items = torch.arange(1, width + 1).repeat(len(rows), 1)
    return Sequences(items, torch.full_like(rows, width), rows)


def _mean_counts(built: Any, info: Info) -> Tensor:
    """Count how often each item is a target, the mean over epochs: [N + 2] float64."""
    rows = [row for row in world.ROWS if world.LENGTHS[row] >= built.min_items]
    given = world.newest_items(info, rows, world.MAX_LEN + built.ahead)
    drawn = [_batch(built, given, epoch).targets.items for epoch in range(1, EPOCHS + 1)]
    counts = torch.bincount(torch.cat(drawn).flatten(), minlength=info.num_items + 2).double()
    counts[PAD] = 0
    return counts / EPOCHS
