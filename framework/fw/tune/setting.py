"""What all trials of a search have in common. Imports nothing heavy: see fw.sweep.worker."""

from __future__ import annotations

from typing import TextIO

import attrs

from fw.sweep.worker import SweepSetting, console


@attrs.frozen(kw_only=True)
class TuneSetting(SweepSetting):
    """Runs are trials: they report to the search, which may end them, and see no test cases."""

    def run(self, name: str, device: str, log: TextIO, *, side_by_side: bool) -> None:
        """Do a trial, or go on with it; that it was pruned is noted in the search."""
        from fw.tune.trial import Pruned, TrialReporter

        reporter = TrialReporter.of(self.folder, name, console(log))
        try:
            self.run_with(reporter, name, device, side_by_side=side_by_side, test=False)
        except Pruned:
            reporter.note_pruned()
