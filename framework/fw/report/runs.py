"""The runs of a page, sorted into rows: runs that differ in nothing but their seed are one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

from fw.comparison.finished import Begun, short_names
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.listing import state_of

MANY = 12  # runs, of which tables are folded away


@attrs.frozen(kw_only=True, eq=False)
class Run:
    """One run: what it wrote down before training, its epochs, and what it came to, if it did."""

    begun: Begun
    state: str  # finished | running | stopped
    epochs: Sequence[dict[str, Any]]  # lines of metrics.jsonl
    result: dict[str, Any] | None

    @classmethod
    def open(cls, path: Path | str, name: str) -> Run:
        """Read a run folder; raises RunError if there is none, or it is damaged."""
        begun, folder = Begun.open(path, name), RunFolder.open(Path(path))
        state = state_of(folder)
        return cls(
            begun=begun,
            state=state,
            epochs=folder.lines(),
            result=folder.read_json("result.json") if state == "finished" else None,
        )

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.begun.name

    @property
    def monitor(self) -> str:
        """The metric that selects the weights, ``valid/<protocol>/<metric>``."""
        return str(self.begun.recipe["training"]["monitor"])

    @property
    def is_final_fit(self) -> bool:
        """Whether it is trained on validation items too."""
        return "final_fit" in self.begun.recipe["training"]

    @property
    def planned(self) -> int:
        """How many epochs it is trained for at most."""
        training = self.begun.recipe["training"]
        return int(training.get("final_fit", training["epochs"]))

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights are kept so far; None before the first evaluation."""
        values = {
            line["epoch"]: value
            for line in self.epochs
            if (value := line["metrics"].get(self.monitor)) is not None
        }
        return max(values, key=lambda epoch: values[epoch], default=None)


@attrs.frozen(kw_only=True, eq=False)
class Row:
    """One method: its runs, its name, and its number on the page, which gives its colour."""

    name: str
    number: int
    runs: Sequence[Run]
    shown: bool = True  # at first; the reader may switch it on and off

    @property
    def first(self) -> Run:
        """The run that was named first."""
        return self.runs[0]

    @property
    def finished(self) -> list[Run]:
        """The runs that have results."""
        return [run for run in self.runs if run.result is not None]


def open_rows(paths: Sequence[Path | str]) -> list[Row]:
    """Open runs and sort them into rows, each called by its first run."""
    by_method: dict[str, list[Run]] = {}
    for path, name in zip(paths, short_names(paths), strict=True):
        run = Run.open(path, name)
        by_method.setdefault(run.begun.identity, []).append(run)
    return numbered((runs[0].name, runs) for runs in by_method.values())


def numbered(named: Iterable[tuple[str, Sequence[Run]]]) -> list[Row]:
    """Number rows in their order; those without runs are left out."""
    kept = [(name, runs) for name, runs in named if runs]
    return [Row(name=name, number=n, runs=runs) for n, (name, runs) in enumerate(kept)]


def all_runs(rows: Iterable[Row]) -> list[Run]:
    """Return the runs of all rows."""
    return [run for row in rows for run in row.runs]
