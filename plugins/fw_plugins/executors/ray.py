"""Runs on a cluster of machines, by Ray."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from fw import hookimpl, validators
from fw.errors import UserError
from fw.executing import Ended, Event, Job, Setting, Started
from fw.extras import require_extra
from fw.sweep.worker import run_job

_PASSED_ON = ("FW_DATA_DIR", "FW_CACHE_DIR", "PYTHONPATH")
_ANSWER = 10  # seconds in which a cluster is to answer
_PATIENCE = 60  # seconds in which runs that are told to stop may save


@attrs.frozen(kw_only=True)
class Ray:
    """A cluster of Ray (Moritz et al., OSDI 2018): each run is a task of its own.

    The folder of the sweep and the current folder must be on a file system that all machines share,
    and every machine needs fw, of the same version. Where a machine or a process is lost, its run
    goes on from its last checkpoint elsewhere.
    """

    address: str = attrs.field(
        default="",
        metadata={"help": "of the cluster; left out: RAY_ADDRESS, or else one is started here"},
    )
    cpus: float = attrs.field(
        default=1.0, validator=validators.positive, metadata={"help": "processors for each run"}
    )
    gpus: float = attrs.field(
        default=0.0,
        validator=validators.at_least(0),
        metadata={"help": "GPUs for each run; 0.5 lets two runs share one"},
    )
    retries: int = attrs.field(
        default=3,
        validator=validators.at_least(0),
        metadata={"help": "how often a run is begun again whose process or machine was lost"},
    )

    def __call__(
        self, setting: Setting, jobs: Iterator[Job], at_once: int | None
    ) -> Iterator[Event]:
        """Run the jobs: as many at once as the cluster has room for, or as are asked for."""
        require_extra("the executor 'ray'", "ray", "ray")
        with _connected(self.address) as ray:
            most = at_once or self._room(ray)
            start = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=self.retries)(
                _do
            )
            yield from _run(ray, start, _absolute(setting), jobs, most)

    def _room(self, ray: Any) -> int:
        """Return how many runs the cluster has room for; raises UserError for none."""
        there = ray.cluster_resources()
        wanted = {"CPU": self.cpus, "GPU": self.gpus}
        room = min(int(there.get(name, 0) // size) for name, size in wanted.items() if size)
        if room == 0:
            raise UserError(
                f"a run needs {self.cpus:g} processors and {self.gpus:g} GPUs, but Ray has "
                f"{there.get('CPU', 0):g} and {there.get('GPU', 0):g}"
            )
        return room


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Yield ray, connected to a cluster; raises UserError if it cannot be reached."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of a user's sweeps
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    address = address or os.environ.get("RAY_ADDRESS", "local")
    _require_answer(address)
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        ray.init(
            address=address,
            include_dashboard=False if address == "local" else None,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": passed_on},
        )
    except Exception as error:  # Ray has no common one for a cluster that is not there
        what = "Ray cannot be started" if address == "local" else f"no Ray cluster at {address}"
        raise UserError(f"{what}: {type(error).__name__}: {error}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Raise UserError where nobody listens at host:port, for which Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.rpartition("/")[2], int(port)), _ANSWER).close()
    except OSError as error:
        raise UserError(f"no Ray cluster at {address}: {error}") from error


def _run(ray: Any, start: Any, setting: Setting, jobs: Iterator[Job], most: int) -> Iterator[Event]:
    running: dict[Any, Job] = {}
    try:
        while True:
            while len(running) < most and (job := next(jobs, None)) is not None:
                running[start.remote(setting, job.name, str(Path.cwd()))] = job
                yield Started(job=job)
            if not running:
                return
            (done, *_), _ = ray.wait(list(running))
            yield Ended(job=running.pop(done), error=_outcome(ray, done))
    finally:
        for left in running:
            ray.cancel(left)
        if running:
            ray.wait(list(running), num_returns=len(running), timeout=_PATIENCE)


def _outcome(ray: Any, done: Any) -> str:
    """Return why a job failed, or nothing; of a lost process Ray says what became of it."""
    try:
        error: str = ray.get(done)
    except ray.exceptions.RayError as lost:
        first = str(lost).strip().partition("\n")[0]
        return f"{type(lost).__name__}: {first}"
    return error


def _absolute(setting: Setting) -> Setting:
    """Name the folders so that they are the same from wherever they are looked at."""
    data = setting.data and setting.data.absolute()
    return attrs.evolve(setting, folder=setting.folder.absolute(), data=data)


def _do(setting: Setting, name: str, current: str) -> str:
    """Do a run in a process of the cluster; returns why it failed, or nothing."""
    if not setting.recipe(name).exists():
        return (
            f"the machine {platform.node()} cannot see {setting.recipe(name)}\n"
            "    the sweep's folder must be on a file system that all machines share: --sweeps"
        )
    os.chdir(current)
    return run_job(setting, name, setting.device, side_by_side=True)


@hookimpl
def register_executors(register):
    """Offer ``ray``."""
    register("ray", Ray)
