"""The contract of executors."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from fw.executing import Ended, Job, Setting, Started
from fw.sweep.execute import write_recipe
from fw.sweep.worker import SweepSetting
from fw.testing.contract import Contract
from fw.testing.messages import require

# A run of nothing but counting: it takes no time.
_RECIPE = """
max_len = 8
[dataset]
name = "synthetic"
num_users = 30
num_items = 20
mean_length = 8.0
min_length = 5
[splitter]
name = "leave_one_out"
[task]
name = "next_item"
[encoder]
name = "popularity"
[[losses]]
name = "cross_entropy"
[optimizer]
name = "adam"
[training]
epochs = 0
monitor = "valid/full-seen-out/ndcg@10"
[[evaluators]]
name = "full"
"""
_FAILING = _RECIPE.replace('"leave_one_out"', '"leave_one_out"\nmin_items = 1000')


class ExecutorContract(Contract):
    """Every job is begun once and ended once, and a failure is that job's alone."""

    kind = "executor"

    @pytest.fixture
    def setting(self, tmp_path: Path) -> Setting:
        """What the runs have in common: a folder of their own, and the CPU."""
        return SweepSetting(folder=tmp_path / "sweep", device="cpu")

    def test_every_job_is_begun_and_ended_and_has_its_result(
        self, built: Any, setting: Setting
    ) -> None:
        """In its folder, where the sweep looks for it."""
        jobs = _jobs(setting, _RECIPE, _RECIPE)
        events = list(built(setting, iter(jobs), None))
        _require_once(events, jobs)
        for job in jobs:
            require(
                (setting.folder / job.name / "result.json").exists(),
                f"{job.name} has no result",
                "call fw.sweep.worker.run_job, with the name of the job",
            )

    def test_a_job_that_fails_is_told_of_and_the_others_are_done(
        self, built: Any, setting: Setting
    ) -> None:
        """With the message that explains it."""
        failing, fine = _jobs(setting, _FAILING, _RECIPE)
        events = list(built(setting, iter([failing, fine]), 1))
        _require_once(events, [failing, fine])
        errors = {event.job.name: event.error for event in events if isinstance(event, Ended)}
        require(
            "nothing to evaluate" in errors[failing.name] and not errors[fine.name],
            f"the errors are {errors}",
            "give what run_job returns to Ended as error",
        )

    def test_no_jobs_are_no_events(self, built: Any, setting: Setting) -> None:
        """All may have been done before."""
        require(not list(built(setting, iter([]), None)), "no jobs gave events")

    def test_nothing_is_left_once_it_is_closed(self, built: Any, setting: Setting) -> None:
        """As when the user stops the sweep."""
        before = {process.pid for process in multiprocessing.active_children()}
        events = built(setting, iter(_jobs(setting, _RECIPE, _RECIPE)), 1)
        next(events)
        events.close()
        left = [one for one in multiprocessing.active_children() if one.pid not in before]
        require(not left, f"processes are left: {left}", "end them where the iterator is closed")


def _jobs(setting: Setting, *recipes: str) -> list[Job]:
    jobs = [
        Job(row=f"row {number}", seed=1, recipe=text, name=f"row-{number}-seed1")
        for number, text in enumerate(recipes)
    ]
    for job in jobs:
        write_recipe(setting, job)
    return jobs


def _require_once(events: list[Any], jobs: list[Job]) -> None:
    begun = [event.job.name for event in events if isinstance(event, Started)]
    ended = [event.job.name for event in events if isinstance(event, Ended)]
    names = sorted(job.name for job in jobs)
    require(
        sorted(begun) == names == sorted(ended),
        f"of {names} were begun {begun} and ended {ended}",
        "yield Started and then Ended for every job",
    )
