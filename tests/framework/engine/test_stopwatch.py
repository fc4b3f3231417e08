"""Where seconds are counted."""

import pytest

from fw.engine import stopwatch
from fw.engine.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved, as does what has been computed."""

    class Clock:
        now = 0.0
        computed = 0.0

        def perf_counter(self):
            return self.now

        def process_time(self):
            return self.computed

    made = Clock()
    monkeypatch.setattr(stopwatch, "time", made)
    return made


def test_parts_add_up_and_what_is_in_none_is_in_the_wall_time_alone(clock):
    watch = Stopwatch()
    for seconds in (2.0, 3.0):
        with watch.during("training"):
            clock.now += seconds
        clock.now += 1.0
    with watch.during("evaluating"):
        clock.now += 4.0
    assert watch.plain() == {
        "preparing": 0.0,
        "data": 0.0,
        "training": 5.0,
        "evaluating": 4.0,
        "recording": 0.0,
        "wall": 11.0,
    }


def test_what_was_computed_is_counted_apart_from_what_has_passed(clock):
    watch = Stopwatch()
    for computed in (1.5, 0.5):
        with watch.during("training"):
            clock.now, clock.computed = clock.now + 3.0, clock.computed + computed
        clock.computed += 7.0
    assert (watch.seconds["training"], watch.processor["training"]) == (6.0, 2.0)
    assert sum(watch.processor.values()) == 2.0


def test_seconds_are_moved_to_the_part_that_they_belong_to(clock):
    watch = Stopwatch()
    with watch.during("training"):
        clock.now += 5.0
    watch.move(1.5, "training", to="data")
    assert (watch.seconds["training"], watch.seconds["data"]) == (3.5, 1.5)


def test_a_part_that_fails_has_taken_its_time_too(clock):
    watch = Stopwatch()
    with pytest.raises(ValueError, match=r"^broken$"), watch.during("recording"):  # noqa: PT012
        clock.now += 2.0
        raise ValueError("broken")
    assert watch.seconds["recording"] == 2.0
