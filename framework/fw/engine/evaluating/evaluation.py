"""Evaluation: one scoring pass over the cases of a split, for all evaluators at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor, nn

from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.tally import Tally
from fw.errors import EvaluationError
from fw.interfaces import Cases, Encoder, Evaluator, Metrics, Sequences, Task
from fw.nn.attending import take
from fw.processes.peers import ALONE, Peers


class Scorer(Protocol):
    """Whatever gives every item a score for what comes next; higher is likelier."""

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Score all items for each case: [C, N + 2] float32; columns 0 and N + 1 are not looked at.

        ``history`` are the newest ``max_len`` items before each target.
        """


class ModelScorer:
    """Scores items by an encoder's hidden state of the newest position of a task's query."""

    def __init__(self, encoder: Encoder, task: Task) -> None:
        self.encoder, self.task = encoder, task

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Score all items: [C, N + 2] float32."""
        return self.score(history)

    def score(self, history: Sequences) -> Tensor:
        """Score all items after each history ([C, N + 2] float32), without dropout or gradient."""
        with torch.inference_mode(), evaluating(self.encoder, self.task):
            return self.encoder.items.scores(self.states(history)).float()

    def states(self, history: Sequences) -> Tensor:
        """Return what stands for each history ([C, D]), without dropout or gradient."""
        with torch.inference_mode(), evaluating(self.encoder, self.task):
            return newest_states(self.encoder, self.task.query(history))


def newest_states(encoder: Encoder, sequences: Sequences) -> Tensor:
    """Return the hidden state of each row's newest item: [B, D]."""
    if hasattr(encoder, "newest"):
        newest: Tensor = encoder.newest(sequences)
        return newest
    return take(encoder(sequences), (sequences.lengths - 1).clamp(min=0)).squeeze(1)


@contextmanager
def evaluating(*parts: object) -> Iterator[None]:
    """Put the parts that are modules into evaluation mode, and afterwards back as they were."""
    modules = [part for part in parts if isinstance(part, nn.Module)]
    modes = {module: module.training for part in modules for module in part.modules()}
    for module in modules:
        module.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def evaluate(
    scorer: Scorer,
    case_store: CaseStore,
    evaluators: Mapping[str, Evaluator],
    *,
    max_len: int,
    seed: int,
    batch_size: int = 512,
    peers: Peers = ALONE,
) -> dict[str, Metrics]:
    """Score every case once and let every evaluator make its metrics of what that found.

    Nothing of the size of cases times items is kept. Candidates depend on ``seed`` and the case
    alone. Several processes take chunks in turn, and the first of them puts the counts together.
    Raises EvaluationError where a score is not a number.
    """
    tally = Tally(case_store, evaluators, seed)
    with torch.inference_mode():
        for span in peers.part(list(case_store.spans(batch_size, max_len))):
            cases = case_store.chunk(*span)
            scores = scorer.scores(cases, case_store.histories(*span, max_len))
            _check_shape(scores, cases)
            tally.add(scores, cases, span)
    tally.join(peers)
    return peers.from_first(
        lambda: {name: one(tally.ranking(name)) for name, one in evaluators.items()}
    )


def _check_shape(scores: Tensor, cases: Cases) -> None:
    wanted = (len(cases.ids), cases.num_items + 2)
    if tuple(scores.shape) != wanted:
        raise EvaluationError(
            f"scores of {wanted[0]} cases and {cases.num_items} items must have shape "
            f"{list(wanted)}, found {list(scores.shape)}"
        )
