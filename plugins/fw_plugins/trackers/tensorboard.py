"""Event files for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import tomli_w

from fw import Info, hookimpl
from fw.extras import require_extra
from fw.tracking import TrackedRun, epoch_numbers, result_numbers

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


@attrs.frozen(kw_only=True)
class TensorBoard:
    """Event files, which ``tensorboard --logdir runs`` shows; a curve a number, over epochs.

    The recipe is there as text. Epochs that a resumed run repeats replace those before.
    """

    folder: Path | None = attrs.field(
        default=None,
        metadata={"help": "a folder for each run is made in it; left out: in the run folder"},
    )

    def build(self, info: Info) -> EventFiles:
        """Make what writes the files of one run."""
        return EventFiles(self.folder)


class EventFiles:
    """Writes the event files of a run."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.writer: SummaryWriter | None = None

    def begin(self, run: TrackedRun) -> None:
        """Open an event file; raises UserError where TensorBoard is not installed."""
        require_extra("it", "tensorboard", "tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        folder = self.folder / run.name if self.folder else run.folder / "tensorboard"
        repeated = run.epochs + 1 if run.epochs else None
        self.writer = SummaryWriter(folder, purge_step=repeated)
        self.writer.add_text("recipe", _as_code(tomli_w.dumps(run.recipe)), run.epochs)

    def epoch(self, line: Mapping[str, Any]) -> None:
        """Add the numbers of an epoch."""
        self._add(epoch_numbers(line), line["epoch"])

    def end(self, result: Mapping[str, Any]) -> None:
        """Add the metrics of the best epoch."""
        self._add(result_numbers(result), result["best_epoch"])

    def close(self) -> None:
        """Close the file."""
        if self.writer is not None:
            self.writer.close()

    def _add(self, numbers: Mapping[str, float], epoch: int) -> None:
        assert self.writer is not None
        for name, number in numbers.items():
            self.writer.add_scalar(name, number, epoch)
        self.writer.flush()


def _as_code(text: str) -> str:
    """Return Markdown that shows text as it is."""
    return "".join(f"    {line}\n" for line in text.splitlines())


@hookimpl
def register_trackers(register):
    """Offer ``tensorboard``."""
    register("tensorboard", TensorBoard)
