"""How long fw trains until NDCG@10 on validation has reached a given value, with each loss.

MovieLens-1M, the sizes of the comparison with peers, the protocol clean-sampled100; time to
evaluate is not counted as training.
"""

import tempfile
from collections.abc import Sequence
from contextlib import suppress

from tests.bench.log import dataset_of, write_log
from tests.bench.peers import SAME_SIZES
from tests.bench.report import Tables

import fw
from fw.engine.reporting import Reporter

MONITOR = "valid/clean-sampled100/ndcg@10"
TARGET = 0.53
EPOCHS = 200
RECIPES = {
    "BCE": "published/sasrec_official",
    "CE": "sasrec_ce",
    "BCE, crop + mean": "cl_crop_mean",
}


def measure(options) -> Tables:
    """Train every recipe, with every seed, until it is good enough."""
    target = options.target or TARGET
    log, _ = write_log(options.users)
    overrides = [
        dataset_of(log),
        *SAME_SIZES,
        f'training.monitor="{MONITOR}"',
        f"training.epochs={options.epochs or EPOCHS}",
        "training.evaluate_every=1",
        "training.patience=20",
    ]
    rows = [
        row_of(loss, seed, target, curve(recipe, [*overrides, f"seed={seed}"], target))
        for seed in range(1, (options.rounds or 1) + 1)
        for loss, recipe in RECIPES.items()
    ]
    return {f"Training until {MONITOR} is {target}": rows}


class Reached(Exception):  # noqa: N818 - no error
    """Ends a run that is good enough."""


class Watcher(Reporter):
    """Notes what validation says after how much training; ends the run at the target."""

    def __init__(self, target: float) -> None:
        super().__init__()
        self.target = target
        self.points: list[dict[str, float]] = []

    def line(self, line, state, training):
        """Note an epoch."""
        super().line(line, state, training)
        before = self.points[-1]["seconds"] if self.points else 0.0
        value = line["metrics"][MONITOR]
        self.points.append({"seconds": before + line["seconds"], "value": value})
        if value >= self.target:
            raise Reached

    def result(self, rows, content, folder):
        """Show no table: the test is not what is asked for."""


def curve(recipe: str, overrides: Sequence[str], target: float) -> list[dict[str, float]]:
    """Return training seconds so far and the metric after each epoch of a run."""
    watcher = Watcher(target)
    with tempfile.TemporaryDirectory() as runs, suppress(Reached):
        fw.run(recipe, overrides=overrides, device="cpu", runs=runs, reporter=watcher)
    return watcher.points


def row_of(loss: str, seed: int, target: float, points: Sequence[dict[str, float]]) -> dict:
    """Return a run's row; where the target was not reached it has no seconds."""
    best = max(point["value"] for point in points)
    return {
        "loss": loss,
        "seed": seed,
        "epochs": len(points),
        "training seconds": points[-1]["seconds"] if best >= target else None,
        "best NDCG@10": best,
        "seconds so far": [point["seconds"] for point in points],
        "NDCG@10 so far": [point["value"] for point in points],
    }
