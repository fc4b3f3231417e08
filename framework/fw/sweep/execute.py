"""Running the jobs of a sweep: several at once, those done skipped, a failure noted."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

import attrs
import torch
from rich.console import Console

from fw.engine.reporting import Reporter
from fw.engine.run import run_in
from fw.errors import FrameworkError
from fw.sweep.plan import Job


@attrs.frozen(kw_only=True)
class Outcome:
    """How a job ended: its run folder, or why there is no result."""

    job: Job
    folder: Path
    error: str = ""
    skipped: bool = False  # it had been done before
    shared: bool = False  # other jobs ran beside it, so its times are not comparable


@attrs.frozen(kw_only=True)
class Setting:
    """What all jobs of a sweep have in common."""

    recipe: str
    folder: Path
    plugins: tuple[str, ...] = ()
    data: Path | None = None
    device: str = "auto"


def execute(setting: Setting, jobs: Sequence[Job], at_once: int) -> Iterator[Outcome]:
    """Yield outcomes as jobs end; those that already have a result come first and are not run."""
    waiting = []
    for job in jobs:
        if (setting.folder / job.folder / "result.json").exists():
            yield Outcome(job=job, folder=setting.folder / job.folder, skipped=True)
        else:
            waiting.append(job)
    yield from (
        _side_by_side(setting, waiting, at_once) if at_once > 1 else _one_by_one(setting, waiting)
    )


def _one_by_one(setting: Setting, jobs: Sequence[Job]) -> Iterator[Outcome]:
    for job in jobs:
        yield run_job(setting, job, setting.device)


def _side_by_side(setting: Setting, jobs: Sequence[Job], at_once: int) -> Iterator[Outcome]:
    """Run jobs in processes that are started afresh, which is what works on every platform."""
    devices = _devices(setting.device)
    threads = max(1, (os.cpu_count() or 1) // at_once)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        at_once, mp_context=context, initializer=torch.set_num_threads, initargs=(threads,)
    ) as pool:
        pending: list[Future[Outcome]] = [
            pool.submit(run_job, setting, job, devices[number % len(devices)], shared=True)
            for number, job in enumerate(jobs)
        ]
        try:
            yield from (done.result() for done in as_completed(pending))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_job(setting: Setting, job: Job, device: str, *, shared: bool = False) -> Outcome:
    """Run one job, or go on with it where it was stopped; a failure is noted, not raised."""
    folder = setting.folder / job.folder
    try:
        run_in(
            folder,
            setting.recipe,
            overrides=job.overrides,
            plugins=setting.plugins,
            data=setting.data,
            device=device,
            reporter=_quiet(folder.parent / f"{job.folder}.log"),
        )
    except FrameworkError as error:
        return Outcome(job=job, folder=folder, error=str(error), shared=shared)
    return Outcome(job=job, folder=folder, shared=shared)


def _quiet(log: Path) -> Reporter:
    """Make a reporter that writes a job's lines to a file beside its folder."""
    log.parent.mkdir(parents=True, exist_ok=True)
    return Reporter(Console(file=log.open("a", encoding="utf-8"), width=160, highlight=False))


def _devices(wanted: str) -> list[str]:
    """Give each job a GPU of its own, in turn, where there are several."""
    gpus = torch.cuda.device_count() if wanted in ("auto", "cuda") else 0
    return [f"cuda:{number}" for number in range(gpus)] if gpus > 1 else [wanted]
