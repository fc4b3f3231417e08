"""A run's trackers, none of which can break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import attrs
import torch

from fw.config.chosen import Chosen
from fw.config.recipe import Recipe
from fw.engine.build import make
from fw.engine.faults.blame import origin
from fw.engine.steps import generators
from fw.errors import FrameworkError, PluginError
from fw.interfaces import Info, Tracker
from fw.tracking import TrackedRun


@attrs.define(eq=False, kw_only=True)
class Tracking:
    """The trackers that a recipe names.

    One that raises is warned of by name, closed, and told nothing more. What trackers draw from
    torch's generators is not drawn from the run's.
    """

    recipe: Recipe
    device: torch.device
    warn: Callable[[str], None]
    _at_work: dict[int, tuple[Chosen, Tracker]] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(
        cls, recipe: Recipe, info: Info, device: torch.device, warn: Callable[[str], None]
    ) -> Self:
        """Build a recipe's trackers."""
        tracking = cls(recipe=recipe, device=device, warn=warn)
        for number, chosen in enumerate(recipe.many("tracker")):
            with tracking._forgiving(number, chosen, "while it was built"):
                tracking._at_work[number] = chosen, make(chosen, info, recipe.seed)
        return tracking

    def begin(self, folder: Path, epochs: int) -> None:
        """Tell of the run in a folder, which has trained ``epochs`` before."""
        folder = folder.absolute()
        recipe = self.recipe.resolved
        run = TrackedRun(name=folder.name, folder=folder, recipe=recipe, epochs=epochs)
        self._tell("at the beginning of the run", lambda tracker: tracker.begin(run))

    def epoch(self, line: Mapping[str, Any]) -> None:
        """Tell of an epoch that is over."""
        self._tell(f"after epoch {line['epoch']}", lambda tracker: tracker.epoch(line))

    def end(self, result: Mapping[str, Any]) -> None:
        """Tell of the result."""
        self._tell("at the end of the run", lambda tracker: tracker.end(result))

    def close(self) -> None:
        """Close all trackers, each of them once."""
        for number, (chosen, tracker) in list(self._at_work.items()):
            del self._at_work[number]
            with self._forgiving(number, chosen, "when it was closed"):
                tracker.close()

    def _tell(self, doing: str, call: Callable[[Tracker], object]) -> None:
        for number, (chosen, tracker) in list(self._at_work.items()):
            with self._forgiving(number, chosen, doing):
                call(tracker)

    @contextmanager
    def _forgiving(self, number: int, chosen: Chosen, doing: str) -> Iterator[None]:
        """Turn whatever a tracker raises into a warning, and switch it off."""
        try:
            with generators.apart(self.device):
                yield
        except (Exception, SystemExit) as error:  # only a signal may end a run here
            self.warn(_message(chosen, doing, error))
            _, tracker = self._at_work.pop(number, (None, None))
            if tracker is not None:
                with suppress(Exception, SystemExit):
                    tracker.close()


def _message(chosen: Chosen, doing: str, error: BaseException) -> str:
    if isinstance(error, PluginError) and error.__cause__:
        error = error.__cause__  # of a build, which names the plugin itself
    what = str(error) if isinstance(error, FrameworkError) else f"{type(error).__name__}: {error}"
    return (
        f"tracker {chosen.name!r} failed {doing}: {what}\n"
        f"    it comes from {origin(chosen.entry)}\n"
        "    it is switched off for this run, which goes on"
    )
