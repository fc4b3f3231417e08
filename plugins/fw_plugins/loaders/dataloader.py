"""Batches from torch's own DataLoader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from fw import Info, Sequences, hookimpl, validators
from fw.data.training import TrainingRows
from fw.engine.steps.batches import Plan
from fw.errors import TrainingError
from fw.interfaces import NO_COLUMNS
from fw.workers import MAIN_GUARD, unheard

Sent = tuple[Tensor, Tensor, Mapping[str, Tensor]]  # items, lengths, columns
T = TypeVar("T")


@attrs.frozen(kw_only=True)
class TorchDataLoader:
    """``torch.utils.data.DataLoader``: a whole batch is one item of its data set, never one row.

    Workers are started once a run, by "spawn". Batches are put in pinned memory where there is a
    CUDA device.
    """

    num_workers: int = attrs.field(
        default=2,
        validator=validators.at_least(0),
        metadata={"help": "processes; 0 makes each batch when it is asked for"},
    )
    prefetch: int = attrs.field(
        default=2, validator=validators.at_least(1), metadata={"help": "batches ahead, a process"}
    )

    def build(self, info: Info) -> DataLoaderLoader:
        """Keep the training rows on the host; processes start with the first epoch."""
        return DataLoaderLoader(info.training.staying(), self.num_workers, self.prefetch)


class DataLoaderLoader:
    """Lets a DataLoader go through the plans of an epoch."""

    def __init__(self, training: TrainingRows, num_workers: int, prefetch: int) -> None:
        self._order = _Order()
        workers: dict[str, Any] = {
            "num_workers": num_workers,
            "multiprocessing_context": "spawn",
            "prefetch_factor": prefetch,
            "persistent_workers": True,
        }
        self._loader: DataLoader[Sent] = DataLoader(
            _Histories(training),  # type: ignore[arg-type]  # its items are found by plan
            sampler=self._order,
            batch_size=None,
            collate_fn=_as_it_is,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # of its own: it draws a seed that nothing here uses
            **(workers if num_workers else {}),
        )
        self._iterator: Any = None

    def __call__(self, plans: Sequence[Plan]) -> Iterator[Sequences]:
        """Yield the history of each plan's rows; raises TrainingError if a worker fails or dies."""
        if not plans:
            return
        self._order.plans = plans
        try:
            with unheard():
                self._iterator = iter(self._loader)
            for plan, (items, lengths, columns) in zip(plans, self._iterator, strict=True):
                rows = torch.from_numpy(plan.rows)
                yield Sequences(items, lengths, rows, columns or NO_COLUMNS)
        except Exception as error:
            raise TrainingError(f"loader 'dataloader': {error}\n    {MAIN_GUARD}") from error

    def close(self) -> None:
        """End all workers, without waiting until nobody holds the iterator any more."""
        shut_down = getattr(self._iterator, "_shutdown_workers", lambda: None)
        self._iterator = self._loader._iterator = None
        shut_down()


class _Order:
    """The plans of the present epoch: what torch calls a sampler."""

    plans: Sequence[Plan] = ()

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.plans)

    def __len__(self) -> int:
        return len(self.plans)


class _Histories:
    """A data set whose items are the histories of plans."""

    def __init__(self, training: TrainingRows) -> None:
        self.training = training

    def __getitem__(self, plan: Plan) -> Sent:
        history = self.training.history(plan)
        return history.items, history.lengths, dict(history.columns)


def _as_it_is(sent: T) -> T:
    return sent


@hookimpl
def register_loaders(register):
    """Offer ``dataloader``."""
    register("dataloader", TorchDataLoader)
