"""Batches from the device where the data fits there, else gathered on the host by a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from queue import Full, Queue

import attrs
import torch
from torch import nn

from fw import Info, Sequences, hookimpl, validators
from fw.data.training import TrainingRows
from fw.engine.steps.batches import Plan


@attrs.frozen(kw_only=True)
class Prefetch:
    """Training rows stay in host memory, or mapped from the disk, and a thread gathers ahead.

    Nothing is copied and no process started: what is mapped is read as it is needed. Where the rows
    take at most ``device_share`` of the device's free memory they are kept there instead, as by
    ``resident``. Batches are put in pinned memory where there is a CUDA device.
    """

    ahead: int = attrs.field(
        default=4, validator=validators.at_least(1), metadata={"help": "batches that wait at most"}
    )
    device_share: float = attrs.field(
        default=0.5,
        validator=validators.fraction,
        metadata={"help": "of a GPU's free memory, that the data may take; 0 keeps it on the host"},
    )

    def build(self, info: Info) -> PrefetchLoader:
        """Keep the training rows on the host until the device is known."""
        return PrefetchLoader(info.training.staying(), self.ahead, self.device_share)


class PrefetchLoader(nn.Module):
    """Gathers histories where the training rows are."""

    def __init__(self, training: TrainingRows, ahead: int, device_share: float) -> None:
        super().__init__()
        self.training_rows, self.ahead, self.device_share = training, ahead, device_share

    def to(self, device: torch.device) -> PrefetchLoader:  # type: ignore[override]
        """Take the rows along to the device if there is room for them."""
        return super().to(device) if self._fits(device) else self

    def _fits(self, device: torch.device) -> bool:
        if device.type != "cuda":
            return False
        needed = sum(values.nbytes for values in self.training_rows.buffers())
        free, _ = torch.cuda.mem_get_info(device)
        return needed <= self.device_share * free

    def forward(self, plans: Sequence[Plan]) -> Iterator[Sequences]:
        """Yield the history of each plan's rows; raises what gathering them does."""
        if self.training_rows.items.device.type != "cpu":
            yield from map(self.training_rows.history, plans)
            return
        gathering = _Gathering(self.training_rows, plans, self.ahead)
        try:
            yield from gathering
        finally:
            gathering.end()

    def close(self) -> None:
        """Do nothing: a thread ends with its epoch."""


class _Gathering:
    """A thread that gathers the histories of an epoch, and a queue in which they wait."""

    def __init__(self, training: TrainingRows, plans: Sequence[Plan], ahead: int) -> None:
        self._training, self._plans = training, plans
        self._waiting: Queue[Sequences | BaseException] = Queue(ahead)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._gather, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Sequences]:
        for _ in self._plans:
            found = self._waiting.get()
            if isinstance(found, BaseException):
                raise found
            yield found

    def end(self) -> None:
        """Have the thread end, whatever it is at."""
        self._ended.set()
        self._thread.join()

    def _gather(self) -> None:
        try:
            for plan in self._plans:
                if not self._put(_pinned(self._training.history(plan))):
                    return
        except BaseException as error:
            self._put(error)

    def _put(self, found: Sequences | BaseException) -> bool:
        """Let something wait for the step; False if nobody wants it any more."""
        while not self._ended.is_set():
            try:
                self._waiting.put(found, timeout=0.1)
            except Full:
                continue
            return True
        return False


def _pinned(history: Sequences) -> Sequences:
    if not torch.cuda.is_available():
        return history
    items, lengths, rows = (part.pin_memory() for part in history[:3])
    columns = {name: column.pin_memory() for name, column in history.columns.items()}
    return history._replace(items=items, lengths=lengths, rows=rows, columns=columns)


@hookimpl
def register_loaders(register):
    """Offer ``prefetch``."""
    register("prefetch", Prefetch)
