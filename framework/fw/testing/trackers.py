"""The contract of trackers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fw.engine.build import make
from fw.interfaces import Info
from fw.testing.contract import SEED, Contract
from fw.testing.messages import require
from fw.tracking import TrackedRun

_RECIPE = {
    "seed": 1,
    "encoder": {"name": "small", "hidden_size": 8, "dropout": 0.2},
    "losses": [{"name": "bce", "weight": 1.0}],
}
_FILES = {"recipe.toml": "seed = 1\n", "metrics.jsonl": '{"epoch": 1}\n'}


class TrackerContract(Contract):
    """It takes whatever a run has to tell, and leaves it as it is."""

    kind = "tracker"

    @pytest.fixture
    def start(
        self, chosen: Any, info: Info, tmp_path: Path
    ) -> Callable[[str, int], tuple[Any, TrackedRun]]:
        """Build a tracker and begin with it: a function from the run's name and past epochs."""

        def start(name: str = "run", epochs: int = 0) -> tuple[Any, TrackedRun]:
            tracker, run = make(chosen, info, SEED), _run(tmp_path / "runs" / name, epochs)
            tracker.begin(run)
            return tracker, run

        return start

    def test_it_takes_a_run_from_its_beginning_to_its_end(self, start: Any) -> None:
        """The recipe, epochs with and without validation, and the result."""
        tracker, _ = start()
        tracker.epoch(_epoch(1))
        tracker.epoch({**_epoch(2), "metrics": {}})
        tracker.end(_result())
        tracker.close()

    def test_a_number_may_be_missing(self, start: Any) -> None:
        """What is not a number (a metric of no case, a loss) is None, as in the run's files."""
        tracker, _ = start()
        tracker.epoch({**_epoch(1), "metrics": {"valid/full/ndcg@10": None}})
        tracker.close()

    def test_it_can_be_closed_before_it_began(self, built: Any) -> None:
        """A run may fail before its first epoch."""
        built.close()

    def test_a_run_that_was_stopped_goes_on(self, start: Any) -> None:
        """In another process, with a tracker of its own, perhaps with an epoch once more."""
        first, _ = start()
        for epoch in (1, 2):
            first.epoch(_epoch(epoch))
        first.close()
        second, _ = start(epochs=1)
        second.epoch(_epoch(2))
        second.close()

    def test_two_runs_may_be_tracked_at_once(self, start: Any) -> None:
        """Nothing of a run is kept in the module, the class or the library."""
        (first, _), (second, _) = start("one"), start("two")
        for tracker in (first, second):
            tracker.epoch(_epoch(1))
        for tracker in (first, second):
            tracker.close()

    def test_it_leaves_alone_what_it_is_given(self, start: Any) -> None:
        """Other trackers are given the same, and the run folder is the run's."""
        tracker, run = start()
        told = [_epoch(1), _result()]
        before = copy.deepcopy([run.recipe, *told])
        tracker.epoch(told[0])
        tracker.end(told[1])
        tracker.close()
        require(
            [_RECIPE, *before[1:]] == [run.recipe, *told],
            "it writes to what it is given",
            "take what you need into values of your own",
        )
        changed = [name for name, text in _FILES.items() if _text(run.folder / name) != text]
        require(
            not changed,
            f"it changes files of the run: {', '.join(changed)}",
            "write to files of your own",
        )


def _run(folder: Path, epochs: int) -> TrackedRun:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _FILES.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
    recipe = copy.deepcopy(_RECIPE)
    return TrackedRun(name=folder.name, folder=folder, recipe=recipe, epochs=epochs)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _epoch(number: int) -> dict[str, Any]:
    """Make what ``metrics.jsonl`` has of an epoch."""
    return {
        "epoch": number,
        "loss": 1.0 / number,
        "losses": {"bce": 1.0 / number},
        "seconds": 0.5,
        "data_seconds": 0.1,
        "users": 10,
        "interactions": 43,
        "metrics": {"valid/full/ndcg@10": 0.1 * number, "valid/full/hr@10": 0.2},
        "diagnostics": {"bce/gradient": 0.3},
    }


def _result() -> dict[str, Any]:
    """Make the part of ``result.json`` that any result has."""
    return {
        "data": "made up",
        "metrics": {
            "valid/full/ndcg@10": {"value": 0.2, "standard_error": 0.01},
            "test/full/ndcg@10": {"value": 0.1, "standard_error": None},
            "test/full/coverage@10": {"value": None, "standard_error": None},
        },
        "monitor": "valid/full/ndcg@10",
        "best_epoch": 2,
        "epochs": 2,
    }
