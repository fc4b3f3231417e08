"""The contract of schedules."""

from __future__ import annotations

import math
from typing import Any

from fw.testing.contract import Contract
from fw.testing.messages import require

_LENGTHS = (1, 2, 7, 100, 10_000)


class ScheduleContract(Contract):
    """A factor for every step, which follows from the step's number alone."""

    kind = "schedule"

    def test_every_step_has_a_factor_that_is_a_number_and_not_negative(self, built: Any) -> None:
        """In a run of a single step as in one of many."""
        for steps in _LENGTHS:
            for step in _some_of(steps):
                factor = built(step, steps)
                require(
                    isinstance(factor, int | float) and math.isfinite(factor) and factor >= 0,
                    f"the factor of step {step} of {steps} is {factor!r}",
                    "return a finite number that is not negative",
                )

    def test_a_step_has_the_same_factor_whatever_was_asked_before(self, built: Any) -> None:
        """So that a run that is resumed goes on as it was."""
        first = [built(step, 100) for step in range(100)]
        again = [built(step, 100) for step in reversed(range(100))]
        require(
            first == again[::-1],
            "asked again, steps have other factors",
            "compute from step and steps alone, and remember nothing",
        )

    def test_some_step_trains(self, built: Any) -> None:
        """A factor of 0 throughout would train nothing."""
        for steps in _LENGTHS:
            require(
                any(built(step, steps) > 0 for step in _some_of(steps)),
                f"of {steps} steps each has the factor 0",
            )


def _some_of(steps: int) -> list[int]:
    """Return the first and last steps, and some between."""
    return sorted({*range(min(steps, 20)), *range(0, steps, max(steps // 50, 1)), steps - 1})
