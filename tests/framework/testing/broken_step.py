"""Augmenters that break what holds for every component of a step."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch

from fw import keep_items
from fw.testing import AugmenterContract


@attrs.frozen(kw_only=True)
class WritesToInput:
    """Hide the first item in place."""

    def __call__(self, sequences, rng):
        sequences.items[:, 0] = (sequences.lengths > 0) * 31
        return sequences


class TestWritesToInput(AugmenterContract):
    component = WritesToInput
    expected = {
        "test_it_does_not_write_to_its_input": "writes to its input: 0.items\n"
        "    make new tensors: torch.where, clone(), operations without a _ at the end"
    }


CALLS = []


@attrs.frozen(kw_only=True)
class Remembers:
    """Hide everything in every second call."""

    def __call__(self, sequences, rng):
        CALLS.append(1)
        hidden = sequences.is_real() & (len(CALLS) % 2 == 0)
        return sequences._replace(items=torch.where(hidden, 31, sequences.items))


class TestRemembers(AugmenterContract):
    component = Remembers
    expected = {
        "test_the_same_address_draws_the_same": "two calls with the same rng differ in items "
        "[0]: [31, 31, 31, 0, 0, 0, 0, 0] and [25, 3, 6, 0, 0, 0, 0, 0]\n    keep no state",
        "test_a_row_gets_the_same_in_any_batch": "rows ...",
    }


@attrs.frozen(kw_only=True)
class GlobalGenerator:
    """Drop each item with a probability of a half, by a generator that goes on."""

    def __call__(self, sequences, rng):
        keep = torch.rand(sequences.items.shape, device=sequences.items.device) < 0.5
        return keep_items(sequences, keep | sequences.is_newest())


class TestGlobalGenerator(AugmenterContract):
    component = GlobalGenerator
    expected = {
        "test_the_same_address_draws_the_same": "draws from the global generator of torch\n    draw"
        " from the rng that is given: rng.uniform(shape), rng.integers(shape, high)",
        "test_a_row_gets_the_same_in_any_batch": "rows [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] padded to 8 "
        "differ from the same rows among all 10 padded to 8 in ...",
    }


class TestGlobalGeneratorThatSaysSo(AugmenterContract):
    @attrs.frozen(kw_only=True)
    class component(GlobalGenerator):  # noqa: N801
        """Drop by torch's generator, and say so."""

        batch_invariant = False

    expected = {}


@attrs.frozen(kw_only=True)
class DrawsTwice:
    """Draw where to hide and what to show from one place."""

    def __call__(self, sequences, rng):
        shape = tuple(sequences.items.shape)
        hidden = (rng.uniform(shape) < 0.5) & sequences.is_real()
        return sequences._replace(
            items=torch.where(hidden, rng.integers(shape, 30) + 1, sequences.items)
        )


class TestDrawsTwice(AugmenterContract):
    component = DrawsTwice
    expected = {
        "test_no_two_draws_share_an_address": "draws the same numbers twice: from rng, then from "
        'rng\n    draw from two children: rng.child("places"), rng.child("items")'
    }


@attrs.frozen(kw_only=True)
class Reads:
    """Look whether there is anything."""

    def __call__(self, sequences, rng):
        if sequences.items.any():
            return sequences
        return sequences


class TestReads(AugmenterContract):
    component = Reads
    expected = {
        "test_nothing_is_read_by_the_host": "reads values of tensors:\n"
        "    an if, and, or, not, or bool() of a tensor in broken_step.py, line ...: "
        "if sequences.items.any():\n    see the step contract in fw.interfaces"
    }


@attrs.frozen(kw_only=True)
class SelectsByMask:
    """Put the items that are there where they were."""

    def __call__(self, sequences, rng):
        real = sequences.is_real()
        items = torch.zeros_like(sequences.items)
        return sequences._replace(items=items.masked_scatter(real, sequences.items[real]))


class TestSelectsByMask(AugmenterContract):
    component = SelectsByMask
    expected = {
        "test_shapes_follow_from_shapes": "makes shapes that hang on values:\n"
        "    selection by a boolean mask in broken_step.py, line ...: return sequences._replace("
        "items=items.masked_scatter(real, sequences.items[real]))\n"
        "    see the step contract in fw.interfaces"
    }


@attrs.frozen(kw_only=True)
class CutsToLongest:
    """Leave no column that is padding alone."""

    def __call__(self, sequences, rng):
        width = max(int(sequences.lengths.max()), 1)
        columns = {name: column[:, :width] for name, column in sequences.columns.items()}
        return sequences._replace(items=sequences.items[:, :width], columns=columns)


class TestCutsToLongest(AugmenterContract):
    component = CutsToLongest
    expected = {
        "test_nothing_is_read_by_the_host": "reads values of tensors:\n    int() in broken_step.py,"
        " line ...: width = max(int(sequences.lengths.max()), 1)\n"
        "    see the step contract in fw.interfaces",
        "test_shapes_follow_from_shapes": "inputs of the same shape give results of different "
        "shapes: items: [5, 8] and [5, 4], columns.rating: [5, 8] and [5, 4]\n"
        "    see the step contract in fw.interfaces",
    }


@attrs.frozen(kw_only=True)
class LoopsOverRows:
    """Turn rows around, one by one."""

    def __call__(self, sequences, rng):
        rows = [torch.where(row > 0, row, 0) for row in sequences.items]
        return sequences._replace(items=torch.stack(rows))


class TestLoopsOverRows(AugmenterContract):
    component = LoopsOverRows
    expected = {
        "test_no_loop_runs_over_rows": "... calls of torch for 5 rows, ... for 10\n"
        "    work on all rows at once, without a loop over them\n"
        "    see the step contract in fw.interfaces"
    }


@attrs.frozen(kw_only=True)
class MakesOnTheCPU:
    """Number the places on the CPU."""

    def __call__(self, sequences, rng):
        first = torch.arange(sequences.items.shape[1]) == 0
        hidden = first & sequences.is_real()
        return sequences._replace(items=torch.where(hidden, 31, sequences.items))


class TestMakesOnTheCPU(AugmenterContract):
    component = MakesOnTheCPU
    expected = {
        "test_everything_stays_on_the_device_of_its_input": "makes tensors that stay on the CPU:\n"
        "    arange() without device= in broken_step.py, line ...: first = torch.arange("
        "sequences.items.shape[1]) == 0\n"
        "    give the input's device: torch.arange(n, device=items.device)"
    }


@attrs.frozen(eq=False)
class Table:
    """A tensor that nobody moves."""

    similar: torch.Tensor

    def __call__(self, sequences, rng):
        return sequences._replace(items=self.similar[sequences.items])


@attrs.frozen(kw_only=True)
class HoldsATensor:
    """Exchange items by a table."""

    def build(self, info):
        return Table(torch.arange(info.num_items + 2))


class TestHoldsATensor(AugmenterContract):
    component = HoldsATensor
    expected = {
        "test_everything_stays_on_the_device_of_its_input": "holds tensors that do not move to a "
        "device: Table.similar\n"
        "    make the component an nn.Module and hold them with register_buffer"
    }


@attrs.frozen(kw_only=True)
class SeesOtherRows:
    """Take another row's first item."""

    def __call__(self, sequences, rng):
        real = sequences.is_real()
        first = sequences.items[:, :1].roll(1, 0).clamp(min=1)
        items = torch.cat([first, sequences.items[:, 1:]], 1)
        return sequences._replace(items=torch.where(real, items, 0))


class TestSeesOtherRows(AugmenterContract):
    component = SeesOtherRows
    expected = {
        "test_a_row_gets_the_same_in_any_batch": "rows [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] padded to 8 "
        "differ from the same rows among all 10 padded to 8 in items [0]: [6, 0, 0, 0, 0, 0, 0, 0] "
        "and [25, 0, 0, 0, 0, 0, 0, 0]\n"
        "    draw with the rows as the first size of the shape, and let no row see another;\n"
        "    what cannot be so says batch_invariant = False"
    }
