"""Where the runs of a sweep go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fw.sweep.execute import Event
    from fw.sweep.plan import Job
    from fw.sweep.worker import Setting


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
