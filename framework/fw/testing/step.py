"""What holds for components that are called in a training step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from fw.interfaces import Info
from fw.random import Rng
from fw.testing import world
from fw.testing.contract import Contract
from fw.testing.draws import drawing_by_address_only, place
from fw.testing.messages import broken, require
from fw.testing.tensors import difference, rows_of, tensors
from fw.testing.watching import StepWatch, held_tensors

RULES = "see the step contract in fw.interfaces"
HALVES = ((0, 1, 4, 5, 6), (2, 3, 7, 8, 9))  # with long rows, and with short ones alone
# Rows in another order, one row, and short rows at a smaller width.
BATCHES = (
    (tuple(reversed(world.ROWS)), world.MAX_LEN),
    ((4,), world.MAX_LEN),
    ((0, 2, 3, 7, 8), 4),
)


class StepContract(Contract):
    """The step contract: addresses, inputs, shapes, device, and nothing that the host reads."""

    def arguments(self, built: Any, info: Info, rows: Sequence[int], width: int) -> tuple[Any, ...]:
        """Make what the component is called with, for some rows at a padded width."""
        raise NotImplementedError

    def call(self, built: Any, arguments: tuple[Any, ...], rng: Rng) -> Any:
        """Call the component as a training step does."""
        return built(*arguments, rng)

    def outcome(
        self,
        built: Any,
        info: Info,
        rows: Sequence[int] = world.ROWS,
        width: int = world.MAX_LEN,
    ) -> dict[str, Tensor]:
        """Call the component for some rows, and return all tensors it gave by name."""
        rng = place(torch.tensor(rows))
        return tensors(self.call(built, self.arguments(built, info, rows, width), rng))

    def test_it_does_not_write_to_its_input(self, built: Any, info: Info) -> None:
        """Other components are given the same tensors; some are parts of the stored data."""
        arguments = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        before = {name: (value, value._version) for name, value in tensors(arguments).items()}
        self.call(built, arguments, place(torch.tensor(world.ROWS)))
        written = [name for name, (value, version) in before.items() if value._version > version]
        require(
            not written,
            f"writes to its input: {', '.join(written)}",
            "make new tensors: torch.where, clone(), operations without a _ at the end",
        )

    def test_the_same_address_draws_the_same(self, built: Any, info: Info) -> None:
        """What is drawn follows from rng alone, so that runs are repeated and resumed."""
        _skip_if_exempt(built)
        with drawing_by_address_only():
            first, second = self.outcome(built, info), self.outcome(built, info)
        found = difference(first, second)
        require(not found, f"two calls with the same rng differ in {found}", "keep no state")

    def test_no_two_draws_share_an_address(self, built: Any, info: Info) -> None:
        """Two draws from one place are the same numbers: they must name two children."""
        rng = place(torch.tensor(world.ROWS))
        self.call(built, self.arguments(built, info, world.ROWS, world.MAX_LEN), rng)
        if shared := rng.shared():
            broken(
                f"draws the same numbers twice: from {shared[0]}, then from {shared[1]}",
                'draw from two children: rng.child("places"), rng.child("items")',
            )

    def test_nothing_is_read_by_the_host(self, built: Any, info: Info) -> None:
        """A value that is read makes the host wait for the device, in every step."""
        found = self._watched(built, info).of("read")
        require(not found, "reads values of tensors:", f"{found}\n{RULES}")

    def test_shapes_follow_from_shapes(self, built: Any, info: Info) -> None:
        """Shapes that hang on values make the host wait, and a step that cannot be captured."""
        found = self._watched(built, info).of("shape")
        require(not found, "makes shapes that hang on values:", f"{found}\n{RULES}")
        first, second = (self.outcome(built, info, rows) for rows in HALVES)
        differing = [
            f"{name}: {list(value.shape)} and {list(second[name].shape)}"
            for name, value in first.items()
            if value.shape != second[name].shape
        ]
        require(
            not differing,
            f"inputs of the same shape give results of different shapes: {', '.join(differing)}",
            RULES,
        )

    def test_no_loop_runs_over_rows(self, built: Any, info: Info) -> None:
        """The number of torch's operations does not grow with the number of rows."""
        half, whole = (self._watched(built, info, rows) for rows in (HALVES[0], world.ROWS))
        require(
            whole.num_calls <= half.num_calls,
            f"{half.num_calls} calls of torch for {len(HALVES[0])} rows, "
            f"{whole.num_calls} for {len(world.ROWS)}",
            f"work on all rows at once, without a loop over them\n{RULES}",
        )

    def test_everything_stays_on_the_device_of_its_input(self, built: Any, info: Info) -> None:
        """Tensors are made where the input is, and what is held moves along in buffers."""
        found = self._watched(built, info).of("device")
        require(
            not found,
            "makes tensors that stay on the CPU:",
            f"{found}\ngive the input's device: torch.arange(n, device=items.device)",
        )
        held = held_tensors(built)
        require(
            not held,
            f"holds tensors that do not move to a device: {', '.join(held)}",
            "make the component an nn.Module and hold them with register_buffer",
        )

    def _watched(self, built: Any, info: Info, rows: Sequence[int] = world.ROWS) -> StepWatch:
        """Watch one call; of the way back nothing can be watched."""
        arguments, numbers = self.arguments(built, info, rows, world.MAX_LEN), torch.tensor(rows)
        watch = StepWatch()
        with watch:
            self.call(built, arguments, place(numbers).plain())
        return watch


class RowwiseContract(StepContract):
    """A step component whose result for a row does not depend on the other rows."""

    def skip_if_shared(self, outcome: Mapping[str, Tensor]) -> None:
        """Skip the test if the result is one for the whole batch."""

    def test_a_row_gets_the_same_in_any_batch(self, built: Any, info: Info) -> None:
        """Nor on the order of rows or the padded width: batches are cut as it suits the machine."""
        whole = self.outcome(built, info)
        _skip_if_exempt(built)
        self.skip_if_shared(whole)
        for rows, width in BATCHES:
            found = difference(rows_of(whole, list(rows)), self.outcome(built, info, rows, width))
            require(
                not found,
                f"rows {list(rows)} padded to {width} differ from the same rows among all "
                f"{len(world.ROWS)} padded to {world.MAX_LEN} in {found}",
                "draw with the rows as the first size of the shape, and let no row see another;\n"
                "what cannot be so says batch_invariant = False",
            )


def _skip_if_exempt(built: Any) -> None:
    if not getattr(built, "batch_invariant", True):
        pytest.skip("batch_invariant = False: hangs on the batch, or draws without addresses")
