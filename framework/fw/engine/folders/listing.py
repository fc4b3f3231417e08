"""What has been run: one summary a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from fw.engine.folders.folder import RunFolder
from fw.errors import RunError


@attrs.frozen(kw_only=True)
class RunSummary:
    """One line of ``fw runs``."""

    name: str
    started: str
    data: str
    state: str  # finished | running | stopped | damaged
    epochs: int
    best_epoch: int | None = None
    metric: str = ""  # the test counterpart of what selected the model
    value: float | None = None
    standard_error: float | None = None
    final_fit: bool = False  # trained on validation items too


def list_runs(runs: Path) -> list[RunSummary]:
    """Summarise the run folders below ``runs``, newest first."""
    found = [summarise(path.parent) for path in runs.glob("*/recipe.toml")]
    return sorted(found, key=lambda summary: (summary.started, summary.name), reverse=True)


def summarise(path: Path) -> RunSummary:
    """Summarise one run folder; a damaged one is listed as such."""
    folder = RunFolder.open(path)
    try:
        environment = folder.read_json("environment.json")
        epochs = len(folder.lines())
        return RunSummary(
            name=path.name,
            started=environment["started"],
            data=environment["data"],
            epochs=epochs,
            **_outcome(folder),
        )
    except (RunError, KeyError, ValueError):
        return RunSummary(name=path.name, started="", data="", state="damaged", epochs=0)


def state_of(folder: RunFolder) -> str:
    """Return ``finished``, ``running`` or ``stopped``."""
    if (folder.path / "result.json").exists():
        return "finished"
    return "running" if folder.is_owned() else "stopped"


def _outcome(folder: RunFolder) -> dict[str, Any]:
    state = state_of(folder)
    if state != "finished":
        return {"state": state}
    result = folder.read_json("result.json")
    metric = result["monitor"].replace("valid/", "test/", 1)
    if metric not in result["metrics"]:  # a trial of a search, which has not seen the test
        metric = result["monitor"]
    return {
        "state": state,
        "best_epoch": result["best_epoch"],
        "metric": metric,
        "final_fit": "final_fit" in result,
        **result["metrics"].get(metric, {}),
    }
