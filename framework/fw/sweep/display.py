"""How far a sweep is: one bar over all runs, or plain lines without a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fw.executing import Ended, Event, Job


class SweepProgress:
    """Shows events on standard error; ``failed`` are the jobs that have no result."""

    def __init__(self, total: int) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.total, self.done = total, 0
        self.failed: list[Ended] = []
        self._running: dict[str, Job] = {}
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self._progress = Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        )
        self._bar = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Show that a job has begun, or how it ended."""
        if isinstance(event, Ended):
            self._end(event)
        else:
            self._running[event.job.name] = event.job
        running = ", ".join(_words(job) for job in self._running.values())
        self._progress.update(self._bar, completed=self.done, description=running)

    def outcome(self, ended: Ended) -> str:
        """Say in a word or two how a job ended."""
        return "failed" if ended.error else "was done before" if ended.skipped else "done"

    def _end(self, ended: Ended) -> None:
        self._running.pop(ended.job.name, None)
        self.done += 1
        if ended.error:
            self.failed.append(ended)
        how = self.outcome(ended)
        self.console.print(
            f"{self.done:>{len(str(self.total))}}/{self.total}  {_words(ended.job)}: {how}",
            markup=False,
            soft_wrap=True,
        )


def _words(job: Job) -> str:
    return f"{job.row}, seed {job.seed}"
