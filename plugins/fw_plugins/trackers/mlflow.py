"""Runs of an MLflow experiment."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from fw import Info, hookimpl
from fw.extras import require_extra
from fw.tracking import TrackedRun, epoch_numbers, result_numbers

if TYPE_CHECKING:
    from mlflow import MlflowClient

_AT_ONCE = 100  # parameters or metrics that servers take in one request
_LONGEST = 500  # characters of a parameter that servers of all versions take
_KEPT = "mlflow_run_id"  # the file in the run folder by which a resumed run is known


@attrs.frozen(kw_only=True)
class MLflow:
    """A run in an MLflow experiment: the recipe as parameters, epochs and result as metrics.

    A resumed run goes on in the same run of MLflow, in which epochs that it repeats stand twice.
    """

    experiment: str = attrs.field(
        default="fw", metadata={"help": "its name; made where there is none"}
    )
    uri: str | None = attrs.field(
        default=None,
        metadata={"help": "a server or database; left out: MLFLOW_TRACKING_URI, or MLflow's own"},
    )

    def build(self, info: Info) -> Logger:
        """Make what logs one run."""
        return Logger(self.experiment, self.uri)


class Logger:
    """Logs a run by MLflow's client, which unlike its module functions has no current run."""

    def __init__(self, experiment: str, uri: str | None) -> None:
        self.experiment, self.uri = experiment, uri
        self.client: MlflowClient | None = None
        self.run_id, self.status = "", "KILLED"

    def begin(self, run: TrackedRun) -> None:
        """Start a run of MLflow, or go on with it; raises UserError without MLflow."""
        require_extra("it", "mlflow", "mlflow")
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=self.uri)
        kept = run.folder / _KEPT
        if kept.exists():
            self.run_id = kept.read_text(encoding="utf-8")
            client.update_run(self.run_id, status="RUNNING")
        else:
            self.run_id = _start(client, self.experiment, run)
            kept.write_text(self.run_id, encoding="utf-8")
        self.client = client

    def epoch(self, line: Mapping[str, Any]) -> None:
        """Log the numbers of an epoch."""
        self._log(epoch_numbers(line), line["epoch"])

    def end(self, result: Mapping[str, Any]) -> None:
        """Log the metrics of the best epoch."""
        self._log(result_numbers(result), result["best_epoch"])
        self.status = "FINISHED"

    def close(self) -> None:
        """Say how the run ended: one without a result can still go on."""
        if self.client is not None:
            self.client.set_terminated(self.run_id, self.status)

    def _log(self, numbers: Mapping[str, float], epoch: int) -> None:
        from mlflow.entities import Metric

        assert self.client is not None
        now = int(time.time() * 1000)
        metrics = [Metric(_allowed(name), one, now, epoch) for name, one in numbers.items()]
        for some in _parts(metrics):
            self.client.log_batch(self.run_id, metrics=some)


def _start(client: MlflowClient, experiment: str, run: TrackedRun) -> str:
    from mlflow.entities import Param

    made = client.create_run(_experiment_id(client, experiment), run_name=run.name)
    run_id: str = made.info.run_id
    params = [Param(key, str(value)[:_LONGEST]) for key, value in _flat(run.recipe)]
    for some in _parts(params):
        client.log_batch(run_id, params=some)
    client.set_tag(run_id, "fw.folder", str(run.folder))
    return run_id


def _experiment_id(client: MlflowClient, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return found.experiment_id
    try:
        return client.create_experiment(name)
    except MlflowException:  # a run beside this one may have been faster
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found.experiment_id


def _flat(table: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a recipe with their keys, written as after ``--set``."""
    if isinstance(table, list) and table and isinstance(table[0], Mapping):
        table = dict(enumerate(table))
    if isinstance(table, Mapping):
        for name, value in table.items():
            yield from _flat(value, f"{key}.{name}" if key else str(name))
    else:
        yield key, table


def _allowed(name: str) -> str:
    """Return a name of a metric with none of the characters that MLflow refuses."""
    return re.sub(r"[^\w\-. :/]", "_", name.replace("@", "_at_"))


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


@hookimpl
def register_trackers(register):
    """Offer ``mlflow``."""
    register("mlflow", MLflow)
