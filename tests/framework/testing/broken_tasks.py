"""Tasks that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

from typing import ClassVar

import attrs
import torch

from fw import Batch
from fw.interfaces import NO_COLUMNS
from fw.testing import TaskContract


def columns(sequences, part):
    found = {name: column[:, part] for name, column in sequences.columns.items()}
    return sequences._replace(items=sequences.items[:, part], columns=found or NO_COLUMNS)


@attrs.frozen(kw_only=True)
class Reconstruct:
    """Let every item predict itself."""

    min_items: ClassVar[int] = 1

    def __call__(self, history, rng):
        inputs = self.cut(history)
        return Batch(inputs, inputs, history)

    def cut(self, history):
        """Leave out the newest item."""
        lengths = (history.lengths - 1).clamp(min=0)
        cut = columns(history, slice(None, -1))._replace(lengths=lengths)
        real = cut.is_real()
        found = {name: torch.where(real, column, 0) for name, column in cut.columns.items()}
        return cut._replace(items=torch.where(real, cut.items, 0), columns=found)

    def query(self, history):
        return history


class TestReconstruct(TaskContract):
    component = Reconstruct
    expected = {}


SHAPES = "test_inputs_and_targets_are_right_padded_sequences_of_one_shape"


@attrs.frozen(kw_only=True)
class TwoShapes(Reconstruct):
    """Have a target less than inputs."""

    def __call__(self, history, rng):
        inputs = self.cut(history)
        return Batch(inputs, self.cut(inputs), history)


class TestTwoShapes(TaskContract):
    component = TwoShapes
    expected = {
        SHAPES: "inputs are [10, 8], targets [10, 7]\n"
        "    there is one target, or PAD, for each position of the inputs"
    }


@attrs.frozen(kw_only=True)
class MaskAsTarget(Reconstruct):
    """Predict the mask token."""

    def __call__(self, history, rng):
        inputs = self.cut(history)
        targets = inputs._replace(items=torch.where(inputs.is_real(), 31, 0))
        return Batch(inputs, targets, history)


class TestMaskAsTarget(TaskContract):
    component = MaskAsTarget
    expected = {
        SHAPES: "targets: unknown items, in row 0, of length 2: [31, 31, 0, 0, 0, 0, 0, 0]\n"
        "    items are numbered 1 .. 30"
    }


@attrs.frozen(kw_only=True)
class Unbatched(Reconstruct):
    """Give a pair."""

    def __call__(self, history, rng):
        return history, history


class TestUnbatched(TaskContract):
    component = Unbatched
    expected = {
        SHAPES: "the task gives tuple, not fw.Batch",
        "test_the_history_is_passed_on": "the task gives tuple, not fw.Batch",
        "test_widths_follow_the_history": "the task gives tuple, not fw.Batch",
    }


@attrs.frozen(kw_only=True)
class OtherHistory(Reconstruct):
    """Pass the inputs on as history."""

    def __call__(self, history, rng):
        inputs = self.cut(history)
        return Batch(inputs, inputs, inputs)


class TestOtherHistory(TaskContract):
    component = OtherHistory
    expected = {
        "test_the_history_is_passed_on": "history differs from what was given in items [0]: "
        "[25, 3, 0, 0, 0, 0, 0, 0] and [25, 3, 6, 0, 0, 0, 0, 0]"
    }


@attrs.frozen(kw_only=True)
class Uncut(Reconstruct):
    """Take the whole history as inputs."""

    def cut(self, history):
        return history


class TestUncut(TaskContract):
    component = Uncut
    expected = {
        "test_widths_follow_the_history": "a history of max_len + 1 gives inputs of width 9\n"
        "    encoders have max_len (8) positions"
    }


@attrs.frozen(kw_only=True)
class HalfWide(Reconstruct):
    """Take half of the history's width."""

    def __call__(self, history, rng):
        width = history.items.shape[1] // 2
        inputs = columns(history, slice(width))
        inputs = inputs._replace(lengths=history.lengths.clamp(max=width))
        return Batch(inputs, inputs, history)


class TestHalfWide(TaskContract):
    component = HalfWide
    expected = {
        "test_widths_follow_the_history": "histories of width [2, 3, 4, 5, 6, 7, 8, 9] give inputs "
        "of width [1, 1, 2, 2, 3, 3, 4, 4]\n"
        "    each must be narrower than its history by the same number",
        "test_a_row_gets_the_same_in_any_batch": "rows [0, 2, 3, 7, 8] padded to 4 differ ...",
    }


@attrs.frozen(kw_only=True)
class WideQuery(Reconstruct):
    """Add a position to the query."""

    def query(self, history):
        more = torch.nn.functional.pad
        return history._replace(
            items=more(history.items, (0, 1)),
            columns={name: more(column, (0, 1)) for name, column in history.columns.items()},
        )


QUERY = "test_a_query_asks_for_what_comes_next"


class TestWideQuery(TaskContract):
    component = WideQuery
    expected = {
        QUERY: "the query is 9 wide for a history of max_len\n"
        "    encoders have max_len (8) positions: drop the oldest item"
    }


@attrs.frozen(kw_only=True)
class EmptyQuery(Reconstruct):
    """Leave out the newest item in queries."""

    def query(self, history):
        return self.cut(history)


class TestEmptyQuery(TaskContract):
    component = EmptyQuery
    expected = {
        QUERY: "histories of [3, 8, 1, 2, 8, 8, 5, 0, 4, 1] items give queries of "
        "[2, 7, 0, 1, 7, 7, 4, 0, 3, 0]\n    a row with items has a query"
    }


@attrs.frozen(kw_only=True)
class NoItems(Reconstruct):
    """Be content with no items."""

    min_items: ClassVar[int] = 0


class TestNoItems(TaskContract):
    component = NoItems
    expected = {
        "test_min_items_is_a_number_of_items": "min_items is 0\n"
        "    it must be a whole number, 1 or more"
    }
