"""Schedules that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs

from fw.testing import ScheduleContract


def schedule(factor):
    """Make a schedule's settings class of a function."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def __call__(self, step, steps):
            return factor(step, steps)

    return Broken


FACTOR = "test_every_step_has_a_factor_that_is_a_number_and_not_negative"
SAME = "test_a_step_has_the_same_factor_whatever_was_asked_before"
TRAINS = "test_some_step_trains"
RIGHT = "\n    return a finite number that is not negative"


class TestBelowZero(ScheduleContract):
    component = schedule(lambda step, steps: 1 - 2 * step / steps)
    expected = {FACTOR: f"the factor of step 4 of 7 is -0.142...{RIGHT}"}


class TestInWords(ScheduleContract):
    component = schedule(lambda step, steps: complex(1, 0) if steps == 2 else 1.0)
    expected = {
        FACTOR: f"the factor of step 0 of 2 is (1+0j){RIGHT}",
        TRAINS: "...",
    }


class TestRemembers(ScheduleContract):
    before = []
    component = schedule(
        lambda step, steps: 1.0 / (TestRemembers.before.append(step) or len(TestRemembers.before))
    )
    expected = {
        SAME: "asked again, steps have other factors\n"
        "    compute from step and steps alone, and remember nothing"
    }


class TestStandsStill(ScheduleContract):
    component = schedule(lambda step, steps: 0.0 if steps == 7 else 1.0)
    expected = {TRAINS: "of 7 steps each has the factor 0"}
