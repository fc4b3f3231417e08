"""Runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from fw import hookimpl
from fw.executing import Event, Job, Setting
from fw.sweep.execute import execute_in_turn


@attrs.frozen(kw_only=True)
class Local:
    """This machine: one run in this process, or several at once, each in a process of its own.

    What ``fw sweep`` does where a recipe names no executor.
    """

    def __call__(
        self, setting: Setting, jobs: Iterator[Job], at_once: int | None
    ) -> Iterator[Event]:
        """Run the jobs, one at a time unless more are asked for."""
        return execute_in_turn(setting, jobs, at_once or 1)


@hookimpl
def register_executors(register):
    """Offer ``local``."""
    register("local", Local)
