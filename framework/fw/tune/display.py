"""How far a search is, and what each trial came to."""

from __future__ import annotations

from fw.executing import Ended
from fw.sweep.display import SweepProgress
from fw.tune.plan import number_of
from fw.tune.study import Study


class TuneProgress(SweepProgress):
    """Shows trials as they end, with what validation said of them."""

    def __init__(self, study: Study, total: int) -> None:
        super().__init__(total)
        self.study = study
        self.done = len(study.trials) - len(study.running)

    def outcome(self, ended: Ended) -> str:
        """Say what a trial came to; it has been noted in the study."""
        trial = self.study.trials[number_of(ended.job.name)]
        state = trial.state.name.lower()
        if state == "fail":
            return "failed"
        best = self.study.best
        mark = ", best so far" if best is not None and best.number == trial.number else ""
        value = "" if trial.value is None else f", {trial.value:.4f}"
        return f"{state}{value}{mark}"

    def refused(self, number: int, error: str) -> None:
        """Show a trial whose parameters do not go together."""
        self.done += 1
        first = error.splitlines()[0]
        self.console.print(f"trial {number}: failed: {first}", markup=False, soft_wrap=True)
