"""Where the runs of a sweep go: what an executor is given, and what it tells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TextIO, runtime_checkable

import attrs


@attrs.frozen(kw_only=True)
class Job:
    """One run; ``recipe`` is its whole recipe as TOML, ``name`` that of its run folder."""

    row: str
    seed: int
    recipe: str
    name: str


@attrs.frozen(kw_only=True)
class Started:
    """A job has begun, or goes on."""

    job: Job


@attrs.frozen(kw_only=True)
class Ended:
    """A job is over: ``error`` says why it has no result, if it has none."""

    job: Job
    error: str = ""
    skipped: bool = False  # it had been done before


Event = Started | Ended


@attrs.frozen(kw_only=True)
class Setting(ABC):
    """What all jobs have in common; run folders are made in ``folder``."""

    folder: Path
    plugins: tuple[str, ...] = ()
    data: Path | None = None
    device: str = "auto"

    def recipe(self, name: str) -> Path:
        """Return the file of a run's whole recipe."""
        return self.folder / "recipes" / f"{name}.toml"

    def log(self, name: str) -> Path:
        """Return the file that a run's messages go to."""
        return self.folder / "logs" / f"{name}.log"

    @abstractmethod
    def run(self, name: str, device: str, log: TextIO, *, side_by_side: bool) -> None:
        """Do a run whose recipe is written, or go on with it."""


@runtime_checkable
class Executor(Protocol):
    """Where the runs of a sweep go. Its settings class itself is called: it has no ``build``.

    A run is done, or gone on with, by :func:`fw.sweep.worker.run_job`, wherever that is called;
    what it needs is in the sweep's folder. No result depends on who does a run.
    """

    def __call__(
        self, setting: Setting, jobs: Iterator[Job], at_once: int | None
    ) -> Iterator[Event]:
        """Run the jobs, ``at_once`` at most, and yield when each has begun and when it is over.

        None leaves it to the executor how many at once. A job is taken when there is room for it. A
        failure is an ``Ended`` with ``error``, and not the end of the others. Closing the iterator
        stops what is running.
        """
