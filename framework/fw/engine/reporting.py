"""What a person sees while a run goes on: a progress bar, or plain lines without a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from fw.config.recipe import Training
from fw.engine.display import Rows, remarks, result_tables, timing_lines
from fw.engine.selection import Selection
from fw.engine.steps.batches import Plan


class Reporter:
    """Prints a run's progress to ``console`` (standard error, so that output can be piped)."""

    def __init__(self, console: Console | None = None, *, diagnostics: bool = False) -> None:
        self.diagnostics = diagnostics  # print them, after each epoch
        self.console = console or Console(stderr=True, highlight=False)
        self.last = ""
        self._warned: set[str] = set()

    def say(self, message: str) -> None:
        """Print a plain line."""
        self._print(message, markup=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        """Print a line that stands out."""
        self._print(f"warning: {message}", style="bold yellow", markup=False, soft_wrap=True)

    def _print(self, what: str | Table, **how: Any) -> None:
        try:
            self.console.print(what, **how)
        except OSError:
            # A log on a full disk, a terminal that is gone: the run is worth more, and goes on.
            self.console.quiet = True

    def warn_once(self, subject: str, message: str) -> None:
        """Print a warning, unless the subject has been warned of before."""
        if subject not in self._warned:
            self._warned.add(subject)
            self.warn(message)

    @contextmanager
    def epoch(
        self, epoch: int, plans: Sequence[Plan], done: int = 0
    ) -> Iterator[Callable[[int], object]]:
        """Show a bar for an epoch of which ``done`` steps are over.

        Yields what is to be called after each further step with its users.
        """
        if not self.console.is_terminal:
            yield lambda users: None
            return
        columns = (
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} users"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[last]}"),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            users = [len(plan.rows) for plan in plans]
            bar = progress.add_task(
                "", total=sum(users), completed=sum(users[:done]), epoch=epoch, last=self.last
            )
            yield lambda users: progress.advance(bar, users)

    def line(self, line: Mapping[str, Any], state: Selection, training: Training) -> None:
        """Print an epoch that is over: losses, speed, and what validation said."""
        losses = "  ".join(f"{name} {value:.4f}" for name, value in line["losses"].items())
        seconds = max(line["seconds"], 1e-9)
        speed = (
            f"{line['users'] / seconds:,.0f} users/s, {line['interactions'] / seconds:,.0f} items/s"
        )
        text = (
            f"epoch {line['epoch']:>3}/{training.last_epoch}  {losses}  {seconds:.1f} s ({speed})"
        )
        value = line["metrics"].get(training.monitor)
        if line["metrics"]:
            mark = "  best so far" if state.improved else f"  best {state.best_value:.4f}"
            shown = "not a number" if value is None else f"{value:.4f}"
            self.last = f"{training.monitor} {shown}{mark}"
            text += f"  {self.last}"
        self.say(text)
        if self.diagnostics:
            found = line["diagnostics"].items()
            self.say("    " + "  ".join(f"{name} {_short(number)}" for name, number in found))

    def recorded(self, line: Mapping[str, Any], training: Training) -> None:
        """Hear of an epoch that is over and saved. What this raises ends the run."""

    def result(
        self,
        rows: Rows,
        content: Mapping[str, Any],
        folder: Path,
    ) -> None:
        """Print the final table, what stands out in it, the time an epoch took, and the folder."""
        self.say(f"\n{_told(rows, content)} Means ± standard errors.")
        for table in result_tables(rows):
            self._print(table)
        for remark in remarks(rows):
            self.warn(remark)
        self.say(
            f"{_selected(content)}\n"
            + "\n".join([*timing_lines(content["timing"]), f"run folder {folder}"])
        )


def _short(number: float | None) -> str:
    return "not a number" if number is None else f"{number:.3g}"


def _told(rows: Rows, content: Mapping[str, Any]) -> str:
    """Say what test and validation were used for."""
    if "final_fit" in content:
        return (
            "FINAL FIT, on training and validation items: nothing selected the model here. "
            "Test was scored once, and is not comparable with that of runs on training items alone."
        )
    if not content["epochs"]:
        return "Nothing was trained, and validation selected nothing; test was scored once."
    scored = "test was scored once." if "test" in rows["model"] else "test was not scored."
    return f"Validation selected the model; {scored}"


def _selected(content: Mapping[str, Any]) -> str:
    if "final_fit" in content:
        return f"trained for {content['epochs']} epochs"
    if not content["epochs"]:
        return "no epochs of training"
    return f"best epoch {content['best_epoch']} of {content['epochs']} by {content['monitor']}"
