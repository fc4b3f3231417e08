"""One training step: from rows' histories to a loss, without the host looking at a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fw.engine.batches import Group
from fw.engine.positionwise import as_rows
from fw.engine.targets import gathered, most_targets, states_of_targets
from fw.interfaces import (
    NO_COLUMNS,
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
    checked_hidden,
    checked_negatives,
    checked_pooled,
    checked_term,
)
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

    def __init__(
        self,
        *,
        seed: int,
        max_len: int,
        task: Task,
        encoder: Encoder,
        terms: Sequence[Term],
        sampler: Sampler | None = None,
    ) -> None:
        super().__init__()
        self.seed, self.max_len = seed, max_len
        self.task, self.encoder = task, encoder
        self.sampler, self.terms = sampler, tuple(terms)
        self.parts = nn.ModuleDict(_modules(terms))
        self.needs_negatives = any("negatives" in term.loss.requires for term in terms)

    def forward(
        self, history: Sequences, groups: Sequence[Group], epoch: Tensor | int
    ) -> tuple[Tensor, Tensor]:
        """Return the loss ([]) and its unweighted terms ([T]) of what a loader gave.

        ``history`` are the newest ``history_width`` training items of the batch, longest first.
        """
        means = self.means(*self.batch(history, epoch), groups)
        loss = sum(term.weight * mean for term, mean in zip(self.terms, means, strict=True))
        return torch.as_tensor(loss), torch.stack(means).detach()

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
        return gathered(batch, self.task), rng

    def means(self, batch: Batch, rng: Rng, groups: Sequence[Group]) -> list[Tensor]:
        """Return the unweighted terms of the loss ([] each), in the order of ``terms``."""
        sums = self._position_terms(batch, groups, rng)
        for number, term in enumerate(self.terms):
            if term.contrastive:
                sums[number] = self._contrast(term, batch, groups, rng)
        return [_mean(sums[number]) for number in range(len(self.terms))]

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
        first, second = (
            self._pool(term, view, groups, rng.child(f"{term.name} encoder {number}"))
            for number, view in enumerate(views, start=1)
        )
        return first, second

    def _position_terms(
        self, batch: Batch, groups: Sequence[Group], rng: Rng
    ) -> dict[int, LossTerm]:
        """Add up the terms that look at positions, group by group."""
        wanted = {i: term for i, term in enumerate(self.terms) if not term.contrastive}
        if not wanted:
            return {}
        outputs = self._outputs(batch, groups, self._negatives(batch, rng), rng)
        at_once = [(as_rows(outputs), None)] if any(map(_positionwise, wanted.values())) else []
        parts = [(each, rng.part(g.start, g.stop)) for each, g in zip(outputs, groups, strict=True)]
        sums: dict[int, LossTerm] = {}
        for i, term in wanted.items():
            for output, place in at_once if _positionwise(term) else parts:
                own = place and place.child(f"{term.name} loss")
                found = term.loss(output._replace(rng=own))
                sums[i] = _add(sums.get(i), checked_term(found, term.loss, batch.history.items))
        return sums

    def _negatives(self, batch: Batch, rng: Rng) -> Negatives | None:
        if self.sampler is None or not self.needs_negatives:
            return None
        return checked_negatives(self.sampler(batch, rng.child("sampler")), batch, self.sampler)

    def _outputs(
        self, batch: Batch, groups: Sequence[Group], negatives: Negatives | None, rng: Rng
    ) -> list[StepOutput]:
        """Return the hidden states of each group, with what losses compare them with."""
        parts = [self._part(batch, group) for group in groups]
        states = self._encoded([part.inputs for part in parts], groups, rng.child("encoder"))
        return [
            self._output(part, states_of_targets(hidden, part), negatives, group)
            for part, group, hidden in zip(parts, groups, states, strict=True)
        ]

    def _output(
        self, part: Batch, hidden: Tensor, negatives: Negatives | None, group: Group
    ) -> StepOutput:
        if negatives is not None:
            negatives = _cut_negatives(negatives, group, part.targets.items.shape[1])
        output = StepOutput(part, self.encoder.items, hidden=hidden, negatives=negatives)
        return self._selected(output)

    def _part(self, batch: Batch, group: Group) -> Batch:
        """Return a group of the batch, cut to its own width."""
        inputs, history = (_cut(part, group, batch) for part in (batch.inputs, batch.history))
        if batch.places is None:
            return Batch(inputs, _cut(batch.targets, group, batch), history)
        number = most_targets(self.task, inputs.items.shape[1])
        targets = slice_rows(batch.targets, group.start, group.stop, number)
        return Batch(inputs, targets, history, batch.places[group.start : group.stop, :number])

    def _encoded(
        self, parts: Sequence[Sequences], groups: Sequence[Group], rng: Rng
    ) -> Sequence[Tensor]:
        """Return the hidden states of each part of the batch, from one call where it allows."""
        places = [rng.part(group.start, group.stop) for group in groups]
        together = getattr(self.encoder, "together", None)
        each = together(parts, places) if together else map(self.encoder, parts, places)
        size = self.encoder.hidden_size
        return [
            checked_hidden(hidden, part, self.encoder, size)
            for hidden, part in zip(each, parts, strict=True)
        ]

    def _selected(self, output: StepOutput) -> StepOutput:
        """Leave the choice among what was drawn to a sampler that wants it."""
        select = getattr(self.sampler, "select", None)
        if select is None or output.negatives is None:
            return output
        return output._replace(negatives=select(output))

    def _contrast(self, term: Term, batch: Batch, groups: Sequence[Group], rng: Rng) -> LossTerm:
        pooled = self.pooled(term, self.views(term, batch, rng), groups, rng)
        found = term.loss(StepOutput(batch, self.encoder.items, views=pooled))
        return checked_term(found, term.loss, batch.history.items)

    def _pool(self, term: Term, view: Sequences, groups: Sequence[Group], rng: Rng) -> Tensor:
        assert term.pooling is not None
        assert term.views is not None
        parts = []
        for start, stop, width in groups:
            longest = min(term.views.longest(min(width, self.max_len)), view.items.shape[1])
            parts.append(slice_rows(view, start, stop, longest))
        pooled = []
        for part, hidden in zip(parts, self._encoded(parts, groups, rng), strict=True):
            found = term.pooling(hidden, part.lengths)
            pooled.append(checked_pooled(found, hidden, term.pooling))
        return torch.cat(pooled)


def newest(sequences: Sequences, width: int) -> Sequences:
    """Return the newest ``width`` items of each row; as they are where nothing is longer."""
    extra = sequences.items.shape[1] - width
    if extra <= 0:
        return sequences
    first = (sequences.lengths - width).clamp(min=0)
    places = first[:, None] + torch.arange(width, device=first.device)
    columns = {name: column.gather(1, places) for name, column in sequences.columns.items()}
    return sequences._replace(
        items=sequences.items.gather(1, places),
        lengths=sequences.lengths.clamp(max=width),
        columns=columns or NO_COLUMNS,
    )


def slice_rows(sequences: Sequences, start: int, stop: int, width: int) -> Sequences:
    """Return rows ``start`` to ``stop``, cut to ``width`` positions; none of them may be longer."""
    columns = {name: c[start:stop, :width] for name, c in sequences.columns.items()}
    return sequences._replace(
        items=sequences.items[start:stop, :width],
        lengths=sequences.lengths[start:stop],
        rows=sequences.rows[start:stop],
        columns=columns or NO_COLUMNS,
    )


def _cut(sequences: Sequences, group: Group, batch: Batch) -> Sequences:
    # A task's widths follow the history's: a group's are narrower by as much as its history.
    excess = max(batch.history.items.shape[1] - group.width, 0)
    width = max(sequences.items.shape[1] - excess, 1)
    return slice_rows(sequences, group.start, group.stop, width)


def _cut_negatives(negatives: Negatives, group: Group, width: int) -> Negatives:
    rows = slice(group.start, group.stop)
    items, log_probability, collides, target = negatives
    if items.dim() > 1:
        items, log_probability = items[rows, :width], log_probability[rows, :width]
    target = None if target is None else target[rows, :width]
    return Negatives(items, log_probability, collides[rows, :width], target)


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
