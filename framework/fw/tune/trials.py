"""Which trial comes next: one that was left behind, or else a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
from filelock import FileLock, Timeout

from fw.engine.folders.files import make_folder
from fw.engine.folders.folder import RunFolder
from fw.errors import RecipeError
from fw.executing import Ended, Job
from fw.stopping import listening
from fw.sweep.execute import write_recipe
from fw.tune.plan import Search, number_of
from fw.tune.setting import TuneSetting
from fw.tune.study import Study


@attrs.define(kw_only=True, eq=False)
class Trials:
    """Hands out trials until there are as many as the search is to have.

    A trial belongs to the process that holds its lock, which ends with the process: one that is not
    finished and whose lock is free was stopped, and goes on. ``tell`` is called with the number of
    a trial whose parameters do not go together, and why.
    """

    search: Search
    setting: TuneSetting
    study: Study
    tell: Callable[[int, str], None]
    _locks: dict[int, FileLock] = attrs.field(factory=dict, init=False)

    def jobs(self) -> Iterator[Job]:
        """Yield the run of each trial, when it is its turn."""
        while (job := self._next()) is not None:
            yield job

    def note(self, ended: Ended) -> None:
        """Note how a trial ended, unless its run has done so."""
        number = number_of(ended.job.name)
        with listening() as stop, stop.held():
            if self._is_running(number):
                self._note(number, ended)
            self._locks.pop(number).release()

    def _note(self, number: int, ended: Ended) -> None:
        if ended.error:
            self.study.fail(number, ended.error)
            return
        monitor = self.search.monitor
        result = RunFolder(self.setting.folder / ended.job.name).read_json("result.json")
        value = result["metrics"][monitor]["value"]
        if value is None:
            self.study.fail(number, f"{monitor} was never a number")
        else:
            self.study.complete(number, value)

    def _next(self) -> Job | None:
        make_folder(self.setting.folder / "locks")
        # Whoever stops meanwhile does so afterwards: no trial is begun by half.
        with listening() as stop, stop.held(), self._lock("choosing"):
            while (number := self._left_behind()) is not None or (
                number := self._new()
            ) is not None:
                job = self._job(number)
                if job is not None:
                    return job
        return None

    def _left_behind(self) -> int | None:
        for trial in self.study.running:
            if self._claim(trial.number):
                if self._is_running(trial.number):
                    return trial.number
                self._locks.pop(trial.number).release()  # it has just been finished
        return None

    def _is_running(self, number: int) -> bool:
        return number in {trial.number for trial in self.study.running}

    def _new(self) -> int | None:
        if len(self.study.trials) >= self.search.keys.trials:
            return None
        number = self.study.ask().number
        self._claim(number)
        return number

    def _claim(self, number: int) -> bool:
        """Take a trial, unless a living process has it."""
        lock = self._lock(f"trial-{number}")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._locks[number] = lock
        return True

    def _job(self, number: int) -> Job | None:
        try:
            job = self.search.job(self.study.trial(number))
        except RecipeError as error:
            self.study.fail(number, str(error))
            self._locks.pop(number).release()
            self.tell(number, str(error))
            return None
        write_recipe(self.setting, job)
        return job

    def _lock(self, name: str) -> FileLock:
        return FileLock(self.setting.folder / "locks" / f"{name}.lock")
