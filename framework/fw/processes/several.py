"""One of several processes: what it has to do to come to what one process would come to alone."""

from __future__ import annotations

import difflib
import inspect
import io
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import attrs
import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import fw
from fw.engine.steps.batches import Plan
from fw.errors import EvaluationError, RunError, UserError
from fw.interfaces import Batch, LossTerm, Negatives, Sampler
from fw.processes.gathering import gather_rows
from fw.processes.peers import Peers
from fw.processes.sharing import cut_shared, interleaved, own_plan, own_rows, whole_batch
from fw.random import Rng
from fw.stopping import Stop, Stopped

T = TypeVar("T")
# What the first process may raise that the others, too, know how to go on from.
_SHARED_ERRORS = (EvaluationError, RunError)
# Buffers do not change in training, and are not sent at every step: torch 2.13 renamed that option.
_NAMES = {"forward_sync_buffers", "broadcast_buffers"}
_NAME = max(_NAMES & set(inspect.signature(DistributedDataParallel).parameters))
_BUFFERS_STAY: dict[str, Any] = {_NAME: False}


@attrs.define(kw_only=True, eq=False)
class Several(Peers):
    """Number ``rank`` of ``number`` processes in torch's default process group."""

    rank: int
    number: int
    device: torch.device
    launch: str = ""  # what launched them, the same when it starts them again
    _batch: int = 0  # rows of the batch of this step

    def own(self, plans: Sequence[Plan], lengths: np.ndarray) -> Sequence[Plan]:
        """Deal the rows of each batch out in turn."""
        grouped = self.device.type == "cpu"
        return [own_plan(p, lengths, self.rank, self.number, grouped=grouped) for p in plans]

    def begin(self, rows: int) -> None:
        """Note how many rows the batch has."""
        self._batch = rows

    def whole(self, rows: Tensor) -> Tensor:
        """Gather the rows, in the order of the whole batch."""
        return gather_rows(rows, self._batch)

    def of_all(self, terms: Sequence[LossTerm]) -> Sequence[LossTerm]:
        """Divide each total by all processes' count, as many times as there are processes.

        Gradients are averaged over processes: that brings them to those of the sum.
        """
        share = float(self.rank < self._batch)  # 0 for one that stands in
        counts = torch.stack([term.count.detach().double() * share for term in terms])
        dist.all_reduce(counts)
        return [
            LossTerm(term.total * (share * self.number), count.to(term.total.dtype))
            for term, count in zip(terms, counts, strict=True)
        ]

    def drawn(self, sampler: Sampler, batch: Batch, rng: Rng) -> Negatives:
        """Draw for the rows of this process, or a set for those of all."""
        own = sampler(batch, rng)
        if own.items.dim() > 1:
            return own
        everyones = sampler(whole_batch(batch, self), rng.mapped(self.whole))
        return cut_shared(everyones, own_rows(self._batch, self.rank, self.number))

    def synchronised(self, step: nn.Module) -> nn.Module:
        """Wrap the step by torch's DistributedDataParallel."""
        if not any(parameter.requires_grad for parameter in step.parameters()):
            return step
        return DistributedDataParallel(step, static_graph=True, **_BUFFERS_STAY)

    def settled(self, values: Tensor) -> Tensor:
        """Average over processes; what they all have already stays as it is."""
        found = values.clone()
        dist.all_reduce(found)
        return found / self.number

    def on_machine(self, seconds: float) -> float:
        """Add up what the processes with this one's host name have."""
        everyones = self._everyones(seconds)
        return sum(each for host, each in everyones if host == platform.node())

    def part(self, values: Sequence[T]) -> Sequence[T]:
        """Deal the values out in turn."""
        return values[self.rank :: self.number]

    def gathered(self, values: Sequence[T]) -> Sequence[T]:
        """Put the parts together in their order, on the CPU of the first process."""
        parts: list[Any] | None = [None] * self.number if self.first else None
        dist.gather_object(_packed(values), parts)
        if parts is None:
            return values
        return cast(list[T], interleaved([_unpacked(part) for part in parts]))

    def from_first(self, call: Callable[[], T]) -> T:
        """Send what the first process's call gave, or what of fw's it raised."""
        found: list[Any] = [self._tried(call) if self.first else None]
        dist.broadcast_object_list(found)
        value, error = found[0]
        if error is not None:
            raise error
        return cast(T, _unpacked(value))

    @staticmethod
    def _tried(call: Callable[[], object]) -> tuple[bytes, Exception | None]:
        try:
            return _packed(call()), None
        except _SHARED_ERRORS as error:
            return b"", error

    def alike(self, module: nn.Module) -> None:
        """Send the first process's state to the others."""
        for value in module.state_dict().values():
            dist.broadcast(value, 0)

    def agree(self, stop: Stop, due: bool = False) -> bool:
        """Exchange two small numbers on the host."""
        said = torch.tensor([stop.number, int(due and self.first)])
        dist.all_reduce(said, dist.ReduceOp.MAX)
        number, due_now = said.tolist()
        if number:
            raise Stopped(number)
        return bool(due_now)

    def require_same(self, what: str, text: str) -> None:
        """Compare with the first process, and name the first that differs."""
        versions = f"fw {fw.__version__}, torch {torch.__version__}\n"
        everyones = self._everyones(versions + text)
        _, wanted = everyones[0]
        for number, (host, found) in enumerate(everyones, start=1):
            if found != wanted:
                raise UserError(
                    f"process {number} of {self.number} (on {host}) has {what} other than that of "
                    f"process 1 (on {everyones[0][0]})\n    {_difference(wanted, found)}"
                )

    def _everyones(self, value: T) -> list[tuple[str, T]]:
        """Return the host name of each process, and its value."""
        found: list[Any] = [None] * self.number
        dist.all_gather_object(found, (platform.node(), value))
        return found

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Let others of the machine wait for what the first of it puts into a cache."""
        local = int(os.environ.get("LOCAL_RANK", self.rank))
        if local:
            dist.barrier()
        yield
        if not local:
            dist.barrier()

    def describe(self) -> dict[str, Any]:
        """Return their number, and who launched them."""
        return {"processes": self.number, "launch": self.launch}


def _packed(value: object) -> bytes:
    content = io.BytesIO()
    torch.save(value, content)
    return content.getvalue()


def _unpacked(content: bytes) -> Any:
    """Read what another process of this run has packed; tensors come to the CPU."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=False)


def _difference(wanted: str, found: str) -> str:
    """Return the first lines in which two texts differ."""
    lines = difflib.ndiff(wanted.splitlines(), found.splitlines())
    differing = [line for line in lines if line[:2] in ("- ", "+ ")]
    there = next((line[2:] for line in differing if line[0] == "-"), "nothing")
    here = next((line[2:] for line in differing if line[0] == "+"), "nothing")
    return f"it has: {here.strip()}\n    process 1 has: {there.strip()}"
