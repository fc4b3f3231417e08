"""Executors that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import multiprocessing
import time

import attrs

from fw.executing import Ended, Started
from fw.sweep.worker import run_job
from fw.testing import ExecutorContract

DONE = "test_every_job_is_begun_and_ended_and_has_its_result"
FAILED = "test_a_job_that_fails_is_told_of_and_the_others_are_done"
NONE = "test_no_jobs_are_no_events"
LEFT = "test_nothing_is_left_once_it_is_closed"


@attrs.frozen(kw_only=True)
class InTurn:
    """Run one job after the other."""

    def __call__(self, setting, jobs, at_once):
        for job in jobs:
            yield Started(job=job)
            yield Ended(job=job, error=run_job(setting, job.name, setting.device))


class TestInTurn(ExecutorContract):
    component = InTurn
    expected = {}


@attrs.frozen(kw_only=True)
class Forgets:
    """Say of nothing that it has begun."""

    def __call__(self, setting, jobs, at_once):
        return (event for event in InTurn()(setting, jobs, at_once) if isinstance(event, Ended))


class TestForgets(ExecutorContract):
    component = Forgets
    expected = {
        DONE: "of [...] were begun [] and ended [...]\n"
        "    yield Started and then Ended for every job",
        FAILED: "of [...] were begun [] and ended [...]...",
    }


@attrs.frozen(kw_only=True)
class Pretends:
    """Run nothing."""

    def __call__(self, setting, jobs, at_once):
        for job in jobs:
            yield Started(job=job)
            yield Ended(job=job)


class TestPretends(ExecutorContract):
    component = Pretends
    expected = {
        DONE: "... has no result\n    call fw.sweep.worker.run_job, with the name of the job",
        FAILED: "the errors are {...}\n    give what run_job returns to Ended as error",
    }


@attrs.frozen(kw_only=True)
class Announces:
    """Begin a job of its own."""

    def __call__(self, setting, jobs, at_once):
        found = list(jobs)
        yield from InTurn()(setting, iter(found), at_once)
        if not found:
            yield Ended(job=None)


class TestAnnounces(ExecutorContract):
    component = Announces
    expected = {NONE: "no jobs gave events"}


@attrs.frozen(kw_only=True)
class Abandons:
    """Leave a process behind."""

    def __call__(self, setting, jobs, at_once):
        for number, event in enumerate(InTurn()(setting, jobs, at_once)):
            if not number and at_once == 1 and event.job.recipe.count("1000") == 0:
                multiprocessing.get_context("fork").Process(
                    target=time.sleep, args=(2,), daemon=True
                ).start()
            yield event


class TestAbandons(ExecutorContract):
    component = Abandons
    expected = {LEFT: "processes are left: [...]\n    end them where the iterator is closed"}
