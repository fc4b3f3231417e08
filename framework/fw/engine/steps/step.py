"""One training step: from rows' histories to a loss, without the host looking at a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fw.engine.steps.batches import Group
from fw.engine.steps.cutting import cut, cut_negatives, newest, slice_rows
from fw.engine.steps.encoding import Part, encoded
from fw.engine.steps.positionwise import rows_for
from fw.engine.steps.targets import gathered, most_targets, states_of_targets, without_context
from fw.interfaces import (
    Batch,
    Encoder,
    Loss,
    LossTerm,
    Negatives,
    Pooling,
    Sampler,
    Sequences,
    StepOutput,
    Task,
)
from fw.outputs import (
    checked_batch,
    checked_negatives,
    checked_pooled,
    checked_term,
)
from fw.processes.peers import ALONE, Peers
from fw.random import Rng
from fw.views import TwoViews


class Term(NamedTuple):
    """A loss with its weight and, if it is contrastive, its views and pooling."""

    name: str
    loss: Loss
    weight: float
    views: TwoViews | None = None
    pooling: Pooling | None = None

    @property
    def contrastive(self) -> bool:
        """Whether the loss is called once a step with pooled views."""
        return "views" in self.loss.requires


class Step(nn.Module):
    """Computes the weighted loss of a batch of training rows, and its terms.

    A module, so that its parts are moved, trained and saved together.
    """

    context: Tensor | None

    def __init__(
        self,
        *,
        seed: int,
        max_len: int,
        task: Task,
        encoder: Encoder,
        terms: Sequence[Term],
        sampler: Sampler | None = None,
        context: Tensor | None = None,
    ) -> None:
        """``context`` is that of :class:`fw.data.training.TrainingRows`."""
        super().__init__()
        self.seed, self.max_len = seed, max_len
        self.task, self.encoder = task, encoder
        self.sampler, self.terms = sampler, tuple(terms)
        self.parts = nn.ModuleDict(_modules(terms))
        self.register_buffer("context", context, persistent=False)
        self.needs_negatives = any("negatives" in term.loss.requires for term in terms)
        self.peers: Peers = ALONE

    def forward(
        self, history: Sequences, groups: Sequence[Group], epoch: Tensor | int
    ) -> tuple[Tensor, Tensor]:
        """Return the loss ([]) and its unweighted terms ([T]) of what a loader gave.

        ``history`` are the newest ``history_width`` training items of the batch, longest first.
        """
        means = self.means(*self.batch(history, epoch), groups)
        loss = sum(term.weight * mean for term, mean in zip(self.terms, means, strict=True))
        return torch.as_tensor(loss), torch.stack(means).detach()

    @contextmanager
    def among(self, peers: Peers) -> Iterator[None]:
        """Let a batch be that of several processes for a while, of which this has its own rows."""
        before, self.peers = self.peers, peers
        try:
            yield
        finally:
            self.peers = before

    @property
    def history_width(self) -> int:
        """How many of a row's newest training items the task is given at most."""
        return self.max_len + self.task.ahead

    @property
    def device(self) -> torch.device:
        """Where the weights are, and where a history must be."""
        return self.encoder.items.device

    def batch(self, history: Sequences, epoch: Tensor | int) -> tuple[Batch, Rng]:
        """Make the batch of a history and the place that everything in the step draws from."""
        rng = Rng.for_rows(self.seed, epoch, history.rows)
        batch = checked_batch(self.task(history, rng.child("task")), history, self.task)
        if self.context is not None:
            batch = without_context(batch, self.context, self.task.ahead)
        return gathered(batch, self.task), rng

    def means(self, batch: Batch, rng: Rng, groups: Sequence[Group]) -> list[Tensor]:
        """Return the unweighted terms of the loss ([] each), in the order of ``terms``."""
        source = self._source(batch, groups)
        inputs = [part.inputs for part in source]
        views = {
            number: self._view_parts(term, self.views(term, batch, rng), groups, rng)
            for number, term in enumerate(self.terms)
            if term.contrastive
        }
        asked = [_with_places(inputs, groups, rng.child("encoder")), *chain(*views.values())]
        states, *of_views = encoded(self.encoder, asked)
        sums = self._position_terms(batch, source, states, groups, rng)
        for number, first, second in zip(views, of_views[::2], of_views[1::2], strict=True):
            pooled = _pooled(self.terms[number], views[number], (first, second))
            sums[number] = self._contrast(self.terms[number], batch, pooled)
        whole = self.peers.of_all([sums[number] for number in range(len(self.terms))])
        return [_mean(term) for term in whole]

    def views(self, term: Term, batch: Batch, rng: Rng) -> tuple[Sequences, Sequences]:
        """Make both views of the whole batch for a contrastive term."""
        assert term.views is not None
        source = newest(batch.history, self.max_len)
        first, second = term.views(source, rng.child(term.name))
        return first, second

    def pooled(
        self, term: Term, views: Sequence[Sequences], groups: Sequence[Group], rng: Rng
    ) -> tuple[Tensor, Tensor]:
        """Encode two views and pool each to one vector a row: two of [B, P]."""
        parts = self._view_parts(term, views, groups, rng)
        return _pooled(term, parts, encoded(self.encoder, parts))

    def _view_parts(
        self, term: Term, views: Sequence[Sequences], groups: Sequence[Group], rng: Rng
    ) -> list[list[Part]]:
        """Cut each view into groups, with the places that dropout draws from."""
        assert term.views is not None
        found = []
        for number, view in enumerate(views, start=1):
            longest = (term.views.longest(min(group.width, self.max_len)) for group in groups)
            widths = (min(width, view.items.shape[1]) for width in longest)
            each = zip(groups, widths, strict=True)
            rows = [slice_rows(view, group.start, group.stop, width) for group, width in each]
            found.append(_with_places(rows, groups, rng.child(f"{term.name} encoder {number}")))
        return found

    def _position_terms(
        self,
        batch: Batch,
        source: Sequence[Batch],
        states: Sequence[Tensor],
        groups: Sequence[Group],
        rng: Rng,
    ) -> dict[int, LossTerm]:
        """Add up the terms that look at positions: group by group, or of all at once."""
        wanted = {i: term for i, term in enumerate(self.terms) if not term.contrastive}
        if not wanted:
            return {}
        negatives = self._negatives(batch, rng)
        given = zip(source, states, groups, strict=True)
        outputs = [self._output(part, hidden, negatives, group) for part, hidden, group in given]
        losses = {i: term.loss for i, term in wanted.items() if _positionwise(term)}
        at_once = rows_for(losses, outputs)
        parts = [(each, rng.part(g.start, g.stop)) for each, g in zip(outputs, groups, strict=True)]
        sums: dict[int, LossTerm] = {}
        for i, term in wanted.items():
            for output, place in [(at_once[i], None)] if i in at_once else parts:
                own = place and place.child(f"{term.name} loss")
                found = term.loss(output._replace(rng=own))
                sums[i] = _add(sums.get(i), checked_term(found, term.loss, batch.history.items))
        return sums

    def _negatives(self, batch: Batch, rng: Rng) -> Negatives | None:
        if self.sampler is None or not self.needs_negatives:
            return None
        drawn = self.peers.drawn(self.sampler, batch, rng.child("sampler"))
        return checked_negatives(drawn, batch, self.sampler)

    def _output(
        self, part: Batch, hidden: Tensor, negatives: Negatives | None, group: Group
    ) -> StepOutput:
        """Return the states of a group's targets, with what losses compare them with."""
        if negatives is not None:
            negatives = cut_negatives(negatives, group, part.targets.items.shape[1])
        hidden = states_of_targets(hidden, part)
        return self._selected(StepOutput(part, self.encoder.items, hidden, negatives))

    def _source(self, batch: Batch, groups: Sequence[Group]) -> list[Batch]:
        """Return the groups of the batch, if any loss looks at positions."""
        if all(term.contrastive for term in self.terms):
            return []
        return [self._part(batch, group) for group in groups]

    def _part(self, batch: Batch, group: Group) -> Batch:
        """Return a group of the batch, cut to its own width."""
        inputs, history = (cut(part, group, batch) for part in (batch.inputs, batch.history))
        if batch.places is None:
            return Batch(inputs, cut(batch.targets, group, batch), history)
        number = most_targets(self.task, inputs.items.shape[1])
        targets = slice_rows(batch.targets, group.start, group.stop, number)
        return Batch(inputs, targets, history, batch.places[group.start : group.stop, :number])

    def _selected(self, output: StepOutput) -> StepOutput:
        """Leave the choice among what was drawn to a sampler that wants it."""
        select = getattr(self.sampler, "select", None)
        if select is None or output.negatives is None:
            return output
        return output._replace(negatives=select(output))

    def _contrast(self, term: Term, batch: Batch, pooled: tuple[Tensor, Tensor]) -> LossTerm:
        given = StepOutput(batch, self.encoder.items, views=pooled, gather=self.peers.whole)
        found = term.loss(given)
        return checked_term(found, term.loss, batch.history.items)


def _with_places(sequences: Sequence[Sequences], groups: Sequence[Group], rng: Rng) -> list[Part]:
    """Return what is encoded of some groups, or nothing where there is nothing."""
    return [
        Part(each, rng.part(group.start, group.stop))
        for each, group in zip(sequences, groups, strict=False)
    ]


def _pooled(
    term: Term, views: Sequence[Sequence[Part]], states: Sequence[Sequence[Tensor]]
) -> tuple[Tensor, Tensor]:
    """Pool the states of both views' parts: two of [B, P]."""
    first, second = (
        torch.cat([_pool(term, *each) for each in zip(parts, found, strict=True)])
        for parts, found in zip(views, states, strict=True)
    )
    return first, second


def _pool(term: Term, part: Part, hidden: Tensor) -> Tensor:
    assert term.pooling is not None
    found = term.pooling(hidden, part.sequences.lengths)
    return checked_pooled(found, hidden, term.pooling)


def _positionwise(term: Term) -> bool:
    return getattr(term.loss, "positionwise", False)


def _add(left: LossTerm | None, right: LossTerm) -> LossTerm:
    return right if left is None else LossTerm(left.total + right.total, left.count + right.count)


def _mean(term: LossTerm) -> Tensor:
    # A batch in which nothing is counted has a loss of 0, not 0 / 0.
    return term.total / term.count.clamp(min=1)


def _modules(terms: Sequence[Term]) -> dict[str, nn.Module]:
    parts = {}
    for term in terms:
        for role in ("loss", "views", "pooling"):
            part = getattr(term, role)
            if isinstance(part, nn.Module):
                parts[f"{term.name} {role}".replace(".", "_")] = part
    return parts
