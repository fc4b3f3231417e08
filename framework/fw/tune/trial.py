"""A trial as its run sees it: what validation says is reported, and may end it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optuna.trial import Trial
from rich.console import Console

from fw.config.recipe import Training
from fw.engine.reporting import Reporter
from fw.stopping import listening
from fw.tune.plan import number_of
from fw.tune.study import Study


class Pruned(Exception):  # noqa: N818 (what it says is what happened)
    """The pruner has ended a trial."""


class TrialReporter(Reporter):
    """Reports every evaluation to the search, and ends the run where that asks for it."""

    def __init__(self, study: Study, trial: Trial, console: Console) -> None:
        super().__init__(console)
        self.study, self.trial = study, trial
        # A trial that goes on trains some epochs again, which have been reported.
        self.reported = set(study.trials[trial.number].intermediate_values)

    @classmethod
    def of(cls, folder: Path, name: str, console: Console) -> TrialReporter:
        """Make it for the trial whose run folder has this name."""
        study = Study.open(folder)
        return cls(study, study.trial(number_of(name)), console)

    def recorded(self, line: Mapping[str, Any], training: Training) -> None:
        """Report what validation said; raises Pruned if the trial is to end."""
        value, epoch = line["metrics"].get(training.monitor), line["epoch"]
        if value is None:
            return
        if epoch not in self.reported:
            self.trial.report(value, epoch)
        if epoch < training.last_epoch and self.trial.should_prune():
            self.say(f"pruned after epoch {epoch}")
            raise Pruned

    def note_pruned(self) -> None:
        """Note in the search that the trial was ended."""
        with listening() as stop, stop.held():
            self.study.prune(self.trial.number)
