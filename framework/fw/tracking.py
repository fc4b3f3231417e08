"""What a tracker is told of a run, and the numbers in it by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import attrs


@attrs.frozen(kw_only=True)
class TrackedRun:
    """A run that is about to train, or to go on from ``epochs`` that it has trained before."""

    name: str  # of its folder
    folder: Path
    recipe: Mapping[str, Any]  # with every default; itself a recipe
    epochs: int = 0


@runtime_checkable
class Tracker(Protocol):
    """Where a run's recipe, epochs and result also go; the run folder has them in any case.

    It is called in the process that trains, between two steps, and what it takes is added to the
    run's time. It must not write to what it is given, nor to the files of the run; new files in the
    run folder may be its own. Several runs may be tracked in one process, at once or one after the
    other. Whatever it raises is a warning that names it: it is then closed, and the run goes on.
    """

    def begin(self, run: TrackedRun) -> None:
        """Learn of a run before its first epoch, or before it goes on.

        A run that goes on has a new tracker, and may repeat epochs that an old one was told of:
        those after ``run.epochs``.
        """

    def epoch(self, line: Mapping[str, Any]) -> None:
        """Take an epoch: what ``metrics.jsonl`` has of it, numbers by :func:`epoch_numbers`."""

    def end(self, result: Mapping[str, Any]) -> None:
        """Take the result: what ``result.json`` has, numbers by :func:`result_numbers`."""

    def close(self) -> None:
        """Let go of everything; called once, however the run ended, and even if it never began."""


def epoch_numbers(line: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of an epoch by name.

    ``loss`` and what it cost (``seconds``, ``users`` ...), ``losses/<term>``, ``diagnostics/...``
    and, where validation was looked at, ``valid/<protocol>/<metric>``. What was not a number is
    left out.
    """
    numbers: dict[str, float] = {}
    for key, value in line.items():
        prefix = "" if key == "metrics" else f"{key}/"
        named = value if isinstance(value, Mapping) else {key: value}
        prefix = prefix if isinstance(value, Mapping) else ""
        numbers |= {f"{prefix}{name}": one for name, one in named.items() if _is_number(one)}
    del numbers["epoch"]
    return numbers


def result_numbers(result: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of a result as ``result/<split>/<protocol>/<metric>``.

    What was not a number is left out.
    """
    values = {f"result/{name}": entry["value"] for name, entry in result["metrics"].items()}
    return {name: value for name, value in values.items() if _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
