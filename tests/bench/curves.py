"""What validation says of a run after how much training, for as long as it is asked."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.bench.log import dataset_of, write_log
from tests.bench.peers import SAME_SIZES

import fw
from fw.engine.reporting import Reporter


class Point(NamedTuple):
    """A metric after so many seconds of training, evaluations not counted."""

    seconds: float
    value: float


class EnoughSeen(Exception):  # noqa: N818 - no error
    """Ends a run that need not go on."""


class Watcher(Reporter):
    """Notes a metric after every epoch that has it; ends the run at a point that is enough."""

    def __init__(self, metric: str, enough: Callable[[Point], bool]) -> None:
        super().__init__()
        self.metric, self.enough = metric, enough
        self.seconds = 0.0
        self.points: list[Point] = []

    def line(self, line, state, training):
        """Note an epoch."""
        super().line(line, state, training)
        self.seconds += line["seconds"]
        if self.metric in line["metrics"]:
            self.points.append(Point(self.seconds, line["metrics"][self.metric]))
            if self.enough(self.points[-1]):
                raise EnoughSeen

    def result(self, rows, content, folder):
        """Show no table: the test is not what is asked for."""


def curve(
    recipe: str, overrides: Sequence[str], metric: str, enough: Callable[[Point], bool]
) -> list[Point]:
    """Run a recipe until a point is enough, or to its end; return all points."""
    watcher = Watcher(metric, enough)
    with tempfile.TemporaryDirectory() as runs, suppress(EnoughSeen):
        fw.run(recipe, overrides=overrides, device="cpu", runs=runs, reporter=watcher)
    return watcher.points


def settings(users: int | None, metric: str, epochs: int, patience: int) -> list[str]:
    """Return what curves have in common: peers' sizes on MovieLens-1M, a look after every epoch."""
    log, _ = write_log(users)
    return [
        dataset_of(log),
        *SAME_SIZES,
        f'training.monitor="{metric}"',
        f"training.epochs={epochs}",
        "training.evaluate_every=1",
        f"training.patience={patience}",
    ]


def columns_of(points: Sequence[Point]) -> dict[str, list[float]]:
    """Return the columns of a row that a plot is drawn from."""
    return {
        "seconds so far": [point.seconds for point in points],
        "NDCG@10 so far": [point.value for point in points],
    }
