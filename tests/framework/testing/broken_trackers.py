"""Trackers that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs

from fw.testing import TrackerContract

WHOLE = "test_it_takes_a_run_from_its_beginning_to_its_end"
MISSING = "test_a_number_may_be_missing"
EARLY = "test_it_can_be_closed_before_it_began"
STOPPED = "test_a_run_that_was_stopped_goes_on"
TWO = "test_two_runs_may_be_tracked_at_once"
ALONE = "test_it_leaves_alone_what_it_is_given"
OF_ITS_OWN = "\n    take what you need into values of your own"


class Right:
    """Forget everything."""

    def begin(self, run):
        self.folder = run.folder

    def epoch(self, line):
        """Do nothing."""

    def end(self, result):
        """Do nothing."""

    def close(self):
        """Do nothing."""


def tracker(made):
    """Make a component of the class of a tracker."""

    @attrs.frozen(kw_only=True)
    class Component:
        """Break one rule."""

        def build(self, info):
            return made()

    return Component


class TestRight(TrackerContract):
    component = tracker(Right)
    expected = {}


class NeedsValidation(Right):
    def epoch(self, line):
        assert line["metrics"], "no metrics"


class TestNeedsValidation(TrackerContract):
    component = tracker(NeedsValidation)
    expected = {WHOLE: "AssertionError: no metrics..."}


class Adds(Right):
    total = 0.0

    def epoch(self, line):
        self.total += sum(line["metrics"].values())


class TestAdds(TrackerContract):
    component = tracker(Adds)
    expected = {
        MISSING: "TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'",
    }


class ClosesItsFile(Right):
    def begin(self, run):
        super().begin(run)
        self.file = (run.folder / f"{id(self)}.txt").open("w")

    def close(self):
        self.file.close()


class TestClosesItsFile(TrackerContract):
    component = tracker(ClosesItsFile)
    expected = {EARLY: "AttributeError: 'ClosesItsFile' object has no attribute 'file'"}


class MakesItsFolder(Right):
    def begin(self, run):
        (run.folder / "mine").mkdir()


class TestMakesItsFolder(TrackerContract):
    component = tracker(MakesItsFolder)
    expected = {STOPPED: "FileExistsError: ..."}


class OneAtATime(Right):
    current = {}

    def begin(self, run):
        assert self.current.get("runs") != run.folder.parent, "there is a current run"
        self.current["runs"] = run.folder.parent

    def close(self):
        self.current.clear()


class TestOneAtATime(TrackerContract):
    component = tracker(OneAtATime)
    expected = {TWO: "AssertionError: there is a current run..."}


class TakesApart(Right):
    def end(self, result):
        result["metrics"].popitem()


class TestTakesApart(TrackerContract):
    component = tracker(TakesApart)
    expected = {ALONE: "it writes to what it is given" + OF_ITS_OWN}


class AddsToTheMetrics(Right):
    def epoch(self, line):
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write("{}\n")


class TestAddsToTheMetrics(TrackerContract):
    component = tracker(AddsToTheMetrics)
    expected = {
        ALONE: "it changes files of the run: metrics.jsonl\n    write to files of your own",
    }
