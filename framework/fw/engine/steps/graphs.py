"""Training steps that are captured once as a CUDA graph and then replayed.

A small model's step is hundreds of kernels of a few microseconds each, and launching them one by
one takes the host longer than running them. A graph is launched as a whole. It is captured for each
shape (rows, width, groups) that comes up often; history and epoch are written into its inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from fw.engine.steps.batches import Group
from fw.interfaces import NO_COLUMNS, Sequences

# Steps of a shape that are trained eagerly before it is captured: libraries set themselves up in
# the first ones, which must not happen within a capture.
_WARM_UP = 3

Results = tuple[Tensor, Tensor]
Train = Callable[[Sequences, Sequence[Group], Tensor], Results]


class Recorder(Protocol):
    """What warms up for captures, and makes them."""

    def warm_up(self, call: Callable[[], Results]) -> Results:
        """Carry out ``call`` where captures will be made."""

    def capture(self, call: Callable[[], Results]) -> tuple[Callable[[], object], Results]:
        """Return what replays ``call``, and the tensors to which a replay writes its results.

        Nothing is computed meanwhile. Raises RuntimeError if the call cannot be captured.
        """


class Recording(NamedTuple):
    """A captured step: write to its inputs, replay, read its outputs."""

    history: Sequences
    epoch: Tensor
    replay: Callable[[], object]
    outputs: Results


class CapturedStep:
    """Trains by replaying a recording of ``train``, one for each shape.

    A shape is recorded when it comes for the fourth time: until then it is trained eagerly. If it
    cannot be captured, all steps are, and ``warn`` says why.
    """

    def __init__(
        self,
        train: Train,
        optimizer: torch.optim.Optimizer,
        warn: Callable[[str], None],
        recorder: Recorder,
    ) -> None:
        self.train, self.optimizer, self.warn, self.recorder = train, optimizer, warn, recorder
        self.seen: Counter[Hashable] = Counter()
        self.recordings: dict[Hashable, Recording] = {}
        self.works = True

    def __call__(self, history: Sequences, groups: Sequence[Group], epoch: Tensor) -> Results:
        """Train on ``history``; what is returned is overwritten by the next step."""
        if not self.seen:
            self._count_steps_on_the_device()
        shape = (tuple(history.items.shape), tuple(groups))
        self.seen[shape] += 1
        ready = self.works and self.seen[shape] > _WARM_UP
        if ready and (shape in self.recordings or self._record(shape, history, groups, epoch)):
            return self._replay(self.recordings[shape], history, epoch)
        return self.recorder.warm_up(lambda: self.train(history, groups, epoch))

    def _count_steps_on_the_device(self) -> None:
        for group in self.optimizer.param_groups:
            group["capturable"] = True

    def _replay(self, recording: Recording, history: Sequences, epoch: Tensor) -> Results:
        for own, given in zip(_tensors(recording.history), _tensors(history), strict=True):
            own.copy_(given)
        recording.epoch.copy_(epoch)
        recording.replay()
        return recording.outputs

    def _record(
        self, shape: Hashable, history: Sequences, groups: Sequence[Group], epoch: Tensor
    ) -> bool:
        inputs = _cloned(history), epoch.clone()
        try:
            recorded = self.recorder.capture(lambda: self.train(inputs[0], groups, inputs[1]))
        except RuntimeError as error:
            self.works = False
            reason = str(error).strip().partition("\n")[0]
            self.warn(f'execution = "cuda_graph": {reason}; trained eagerly')
            return False
        self.recordings[shape] = Recording(*inputs, *recorded)
        return True


def _tensors(history: Sequences) -> tuple[Tensor, ...]:
    return (history.items, history.lengths, history.rows, *history.columns.values())


def _cloned(history: Sequences) -> Sequences:
    items, lengths, rows = (part.clone() for part in history[:3])
    columns = {name: column.clone() for name, column in history.columns.items()}
    return Sequences(items, lengths, rows, columns or NO_COLUMNS)


class CudaGraphs:
    """Captures CUDA graphs, which share their memory: one is replayed at a time."""

    def __init__(self, device: torch.device) -> None:
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self.pool = torch.cuda.graph_pool_handle()

    def warm_up(self, call: Callable[[], Results]) -> Results:
        """Carry out ``call`` on the stream of the captures, as torch asks for."""
        current = torch.cuda.current_stream(self.stream.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            results = call()
        current.wait_stream(self.stream)
        return results

    def capture(self, call: Callable[[], Results]) -> tuple[Callable[[], object], Results]:
        """Capture ``call``."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
            results = call()
        return graph.replay, results
