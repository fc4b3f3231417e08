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
class Newest:
    """Let the newest item be predicted by those before it."""

    min_items: ClassVar[int] = 2
    ahead: ClassVar[int] = 1
    requires_causal: ClassVar[bool] = False

    def __call__(self, history, rng):
        inputs = self.cut(history)
        return Batch(inputs, self.targets(history, inputs), history)

    def cut(self, history):
        """Leave out the newest item."""
        lengths = (history.lengths - 1).clamp(min=0)
        cut = columns(history, slice(None, -1))._replace(lengths=lengths)
        real = cut.is_real()
        found = {name: torch.where(real, column, 0) for name, column in cut.columns.items()}
        return cut._replace(items=torch.where(real, cut.items, 0), columns=found)

    def targets(self, history, inputs):
        """Put the newest item where the last input is."""
        newest = history.newest_items()[:, None]
        return inputs._replace(items=torch.where(inputs.is_newest(), newest, 0))

    def query(self, history):
        return history


class TestNewest(TaskContract):
    component = Newest
    expected = {}


SHAPES = "test_inputs_and_targets_are_right_padded_sequences_of_one_shape"
SEEN = "test_no_target_is_seen_where_it_is_predicted"
WIDTHS = "test_widths_follow_the_history"
LOOKED_UP = (
    "\n    an encoder could look it up: hide it; or, where it stands at later positions\n"
    "    alone, say requires_causal = True"
)


@attrs.frozen(kw_only=True)
class Reconstruct(Newest):
    """Let every item predict itself."""

    requires_causal: ClassVar[bool] = True

    def targets(self, history, inputs):
        return inputs


class TestReconstruct(TaskContract):
    component = Reconstruct
    expected = {
        SEEN: "item 1, the target at position 0, stands in the inputs at position 0" + LOOKED_UP
    }


@attrs.frozen(kw_only=True)
class SeenAhead(Newest):
    """Let every item predict the next, which an encoder that is not causal sees."""

    def targets(self, history, inputs):
        return columns(history, slice(1, None))._replace(lengths=inputs.lengths)


class TestSeenAhead(TaskContract):
    component = SeenAhead
    expected = {
        SEEN: "item 2, the target at position 0, stands in the inputs at position 1" + LOOKED_UP
    }


@attrs.frozen(kw_only=True)
class SaysSo(SeenAhead):
    """Let every item predict the next, and say so."""

    requires_causal: ClassVar[bool] = True


class TestSaysSo(TaskContract):
    component = SaysSo
    expected = {}


@attrs.frozen(kw_only=True)
class SaysSoTooLate(SeenAhead):
    """Say so once it is built."""

    def build(self, info):
        return SaysSo()


class TestSaysSoTooLate(TaskContract):
    component = SaysSoTooLate
    expected = {
        "test_what_is_asked_first_is_known_before_it_is_built": "requires_causal is True, but the "
        "settings say False\n"
        "    state it in the settings class too: requires_causal: ClassVar[...] = True"
    }


@attrs.frozen(kw_only=True)
class TwoShapes(Newest):
    """Have a target less than inputs."""

    def targets(self, history, inputs):
        return self.cut(inputs)._replace(items=torch.zeros_like(inputs.items[:, 1:]))


class TestTwoShapes(TaskContract):
    component = TwoShapes
    expected = {
        SHAPES: "inputs are [10, 8], targets [10, 7]\n"
        "    there is one target, or PAD, for each position of the inputs"
    }


@attrs.frozen(kw_only=True)
class MaskAsTarget(Newest):
    """Predict the mask token."""

    def targets(self, history, inputs):
        return inputs._replace(items=torch.where(inputs.is_real(), 31, 0))


class TestMaskAsTarget(TaskContract):
    component = MaskAsTarget
    expected = {
        SHAPES: "targets: unknown items, in row 0, of length 2: [31, 31, 0, 0, 0, 0, 0, 0]\n"
        "    items are numbered 1 .. 30"
    }


@attrs.frozen(kw_only=True)
class Unbatched(Newest):
    """Give a pair."""

    def __call__(self, history, rng):
        return history, history


class TestUnbatched(TaskContract):
    component = Unbatched
    expected = {
        SHAPES: "the task gives tuple, not fw.Batch",
        SEEN: "the task gives tuple, not fw.Batch",
        "test_the_history_is_passed_on": "the task gives tuple, not fw.Batch",
        WIDTHS: "the task gives tuple, not fw.Batch",
    }


@attrs.frozen(kw_only=True)
class OtherHistory(Newest):
    """Pass the inputs on as history."""

    def __call__(self, history, rng):
        inputs = self.cut(history)
        return Batch(inputs, self.targets(history, inputs), inputs)


class TestOtherHistory(TaskContract):
    component = OtherHistory
    expected = {
        "test_the_history_is_passed_on": "history differs from what was given in items [0]: "
        "[25, 3, 0, 0, 0, 0, 0, 0] and [25, 3, 6, 0, 0, 0, 0, 0]"
    }


@attrs.frozen(kw_only=True)
class Uncut(Newest):
    """Take the whole history as inputs."""

    def cut(self, history):
        return history


class TestUncut(TaskContract):
    component = Uncut
    expected = {
        WIDTHS: "histories of width [2, 3, 4, 5, 6, 7, 8, 9] give inputs of width "
        "[2, 3, 4, 5, 6, 7, 8, 9]\n    each must be narrower than its history by ahead (1)",
        SEEN: "item 9, the target at position 8, stands in the inputs at position 8" + LOOKED_UP,
    }


@attrs.frozen(kw_only=True)
class HalfWide(Newest):
    """Take half of the history's width."""

    def __call__(self, history, rng):
        width = history.items.shape[1] // 2
        inputs = columns(history, slice(width))
        inputs = inputs._replace(lengths=history.lengths.clamp(max=width))
        return Batch(inputs, inputs._replace(items=torch.zeros_like(inputs.items)), history)


class TestHalfWide(TaskContract):
    component = HalfWide
    expected = {
        WIDTHS: "histories of width [2, 3, 4, 5, 6, 7, 8, 9] give inputs "
        "of width [1, 1, 2, 2, 3, 3, 4, 4]\n"
        "    each must be narrower than its history by ahead (1)",
        "test_a_row_gets_the_same_in_any_batch": "rows [0, 2, 3, 7, 8] padded to 4 differ ...",
    }


@attrs.frozen(kw_only=True)
class WideQuery(Newest):
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
class EmptyQuery(Newest):
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
class QueryByWidth(Newest):
    """Ask for something else where there is more padding."""

    def query(self, history):
        other = (history.items + history.items.shape[1]) % 30 + 1
        return history._replace(items=torch.where(history.is_real(), other, 0))


class TestQueryByWidth(TaskContract):
    component = QueryByWidth
    expected = {
        "test_a_query_is_the_same_in_any_batch": "row 0 has the query [29, 7, 10], and "
        "[4, 12, 15] where there is more padding\n    go by the lengths of rows, not by their width"
    }


@attrs.frozen(kw_only=True)
class NoItems(Newest):
    """Be content with no items."""

    min_items: ClassVar[int] = 0


class TestNoItems(TaskContract):
    component = NoItems
    expected = {
        "test_min_items_is_a_number_of_items": "min_items is 0\n"
        "    it must be a whole number, 1 or more"
    }


@attrs.frozen(kw_only=True)
class Overfull(Newest):
    """Have a target where it says that there is none."""

    def num_targets(self, width):
        return 0


class TestOverfull(TaskContract):
    component = Overfull
    expected = {
        "test_no_row_has_more_targets_than_it_says": "num_targets(1) is 0, but a row of 1 inputs "
        "has 1 targets"
    }


FREQUENT = "test_targets_are_as_frequent_as_it_says"


@attrs.frozen(kw_only=True)
class Miscounted(Newest):
    """Say that every training item is a target."""

    def target_counts(self, info):
        return info.item_counts.double()


class TestMiscounted(TaskContract):
    component = Miscounted
    expected = {
        FREQUENT: "target_counts says ... for item ...; it was a target ... times an epoch, the "
        "mean of 200"
    }


@attrs.frozen(kw_only=True)
class CountsInWholeNumbers(Newest):
    """Give counts that are no float64."""

    def target_counts(self, info):
        return info.item_counts


class TestCountsInWholeNumbers(TaskContract):
    component = CountsInWholeNumbers
    expected = {
        FREQUENT: "target_counts gives [32] torch.int64\n    it must be [32] torch.float64: N + 2 "
        "items"
    }
