"""What the parts of fw hand to each other: named tuples of tensors, and one protocol a kind.

Letters in shapes: ``B`` rows of a batch, ``L`` the batch's padded length (at most ``max_len``),
``D`` hidden size, ``K`` negatives a position, ``N`` items numbered 1..N, ``P`` pooled width,
``C`` cases of an evaluation. Item 0 is padding (``PAD``), item N + 1 the mask token.

Sequences are padded on the right: the newest item of a row stands at ``length - 1``. Under a causal
mask a real position then never sees padding.

The step contract, for everything that is called in a training step: output shapes follow from input
shapes; no value is read back to the host (``.item()``, ``if tensor``, ``.tolist()``), nothing is
selected by a boolean mask, no Python loop runs over rows, and inputs are never written to. What a
component makes of a row does not hang on the other rows of its batch; one that cannot keep this (a
loss over buckets of the batch, an encoder with torch's own dropout) says so by
``batch_invariant = False``. A loss of views and a sampler of shared negatives need not say it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from fw.embedding import Input as Input
from fw.executing import Executor as Executor
from fw.indexing import Index as Index
from fw.info import Info as Info
from fw.optimising import Optimizer as Optimizer
from fw.optimising import Schedule as Schedule
from fw.ranking import Cases as Cases
from fw.ranking import Metrics as Metrics
from fw.ranking import Ranking as Ranking
from fw.tracking import Tracker as Tracker

if TYPE_CHECKING:
    from fw.data.coded import InteractionParts
    from fw.data.interactions import Interactions
    from fw.data.places import Places
    from fw.data.sequences import SequenceStore
    from fw.data.split import Split
    from fw.engine.steps.batches import Plan
    from fw.nn.items import ItemTable
    from fw.random import Rng

PAD = 0
NO_COLUMNS: Mapping[str, Tensor] = MappingProxyType({})


class Sequences(NamedTuple):
    """Rows of items, padded on the right.

    ``gaps`` is set by an augmenter that leaves PAD *between* items, so that attention must hide it;
    it is a plain bool, known to the host, and changes no shape.
    """

    items: Tensor  # [B, L] int64, PAD after the last item
    lengths: Tensor  # [B] int64
    rows: Tensor  # [B] int64, row of the training data: the address of all randomness
    columns: Mapping[str, Tensor] = NO_COLUMNS  # [B, L] each, aligned with items
    gaps: bool = False

    def is_real(self) -> Tensor:
        """Return [B, L] bool: positions that hold one of the row's items, not padding after it."""
        return self._positions() < self.lengths[:, None]

    def is_newest(self) -> Tensor:
        """Return [B, L] bool: the position of the newest item of each row."""
        return self._positions() == self.lengths[:, None] - 1

    def newest_items(self) -> Tensor:
        """Return [B] int64: the newest item of each row, PAD where it has none."""
        return self.items.gather(1, (self.lengths - 1).clamp(min=0)[:, None]).squeeze(1)

    def to(self, device: torch.device) -> Sequences:
        """Return the rows on a device: these themselves where they are there already."""
        items, lengths, rows = (part.to(device, non_blocking=True) for part in self[:3])
        columns = {name: c.to(device, non_blocking=True) for name, c in self.columns.items()}
        return Sequences(items, lengths, rows, columns or NO_COLUMNS, self.gaps)

    def _positions(self) -> Tensor:
        return torch.arange(self.items.shape[1], device=self.items.device)


class Batch(NamedTuple):
    """What a task makes of the training rows of one step."""

    inputs: Sequences
    targets: Sequences  # what each position of inputs is to predict; PAD where nothing is
    history: Sequences  # the newest max_len + ahead training items
    # [B, T]: the position of inputs that each of targets ([B, T]) is for; None: its own. Set by the
    # engine where a task has num_targets; samplers and losses need not look at it.
    places: Tensor | None = None


class Negatives(NamedTuple):
    """Items that a sampler drew to stand against the targets."""

    items: Tensor  # [B, L, K], or [K] when shared by the batch
    log_probability: Tensor  # same shape: log of the probability with which each was drawn
    collides: Tensor  # [B, L, K] bool: must not be used as a negative of this row
    # [B, L]: the same for each target, were it not excluded; None where nothing can be said.
    target_log_probability: Tensor | None = None


class StepOutput(NamedTuple):
    """All that a loss may look at; the engine makes only what some loss requires.

    A loss that requires ``views`` is called once a step, with the views of the whole batch; where
    several processes have a part of it each, ``gather`` gives all rows for those of one. Any other
    loss is called for parts of the batch, each cut to its own length, and its terms are added
    up; one that is ``positionwise`` for all positions at once.
    It is given a state for each of ``batch.targets``: where a task says that few positions have a
    target, the others are left out of both.
    """

    batch: Batch
    items: ItemTable
    hidden: Tensor | None = None  # [B, L, D], 0 at padding
    negatives: Negatives | None = None
    views: tuple[Tensor, Tensor] | None = None  # two of [B, P], pooled, this loss's own
    gather: Callable[[Tensor], Tensor] = lambda rows: rows  # rows of all processes
    rng: Rng | None = None  # this loss's own place to draw from, for the rows of this part


class LossTerm(NamedTuple):
    """A loss over part of a batch: the engine divides the total by the whole batch's count."""

    total: Tensor  # [] summed
    count: Tensor  # type: ignore[assignment]  # [] over how many; hides tuple.count


@runtime_checkable
class Dataset(Protocol):
    """Where interactions come from.

    May have ``source_files(places)``, which returns the paths of just the files that ``load`` would
    read, downloaded first if need be, and raises what ``load`` would. What comes out must depend on
    them and the settings alone: once cleaned, it is kept in the cache until one of them changes.
    """

    def load(self, places: Places) -> Interactions | InteractionParts:
        """Read the interactions, or say how they are to be read piece by piece.

        Raises :class:`fw.errors.DataError`.
        """


@runtime_checkable
class Splitter(Protocol):
    """What is trained on, what selects the model, and what is tested."""

    def __call__(self, store: SequenceStore) -> Split:
        """Split users' sequences; a row's training part is always its oldest items."""


@runtime_checkable
class Loader(Protocol):
    """Where the histories of training batches come from; all loaders give the same, bit for bit."""

    def __call__(self, plans: Sequence[Plan]) -> Iterator[Sequences]:
        """Yield ``info.training.history(plan)`` for each of an epoch's plans, in their order.

        On any device: they are moved to the step's. The caller may stop early, and then ask again.
        """

    def close(self) -> None:
        """End whatever was started; called once when training is over, however it ended."""


@runtime_checkable
class Task(Protocol):
    """What each position is to predict.

    The three class variables are asked of the settings class too, before the task is built. May
    have ``num_targets(width)``, which says how many targets a row of ``width`` inputs may have:
    samplers and losses then get so many places a row in place of all positions. May have
    ``target_counts(info)``, how often each item is expected to be a target in an epoch ([N + 2]
    float64, on the host); without it that is counted as for a task that predicts each next item.
    """

    min_items: ClassVar[int]  # rows with fewer training items are not trained on
    ahead: ClassVar[int]  # 1 if a position predicts the item after it, 0 if its own
    requires_causal: ClassVar[bool]  # targets stand in the inputs, at later positions

    def __call__(self, history: Sequences, rng: Rng) -> Batch:
        """Make the batch of rows whose newest ``max_len + ahead`` training items are given.

        Inputs and targets are narrower than the history by ``ahead``.
        """

    def query(self, history: Sequences) -> Sequences:
        """Make the sequences whose newest hidden state predicts the next item.

        Neither ``history`` nor they are wider than ``max_len``.
        """


@runtime_checkable
class Sampler(Protocol):
    """Negative items for the targets of a batch.

    Drawn by address, unless one set is shared by the batch (``items`` of shape [K]): that depends
    on who is in the batch. May have a method ``select(output)``, called with each part of the batch
    once its hidden states are known, which returns the :class:`Negatives` to be used in place of
    those that were drawn.
    """

    def __call__(self, batch: Batch, rng: Rng) -> Negatives:
        """Draw negatives for every position of ``batch.targets``."""


@runtime_checkable
class Encoder(Protocol):
    """An ``nn.Module`` from sequences to hidden states.

    May have ``newest(sequences)``, which returns the state of each row's newest item alone ([B, D],
    0 where there is none) without dropout: evaluation then asks for no more. One that has nothing
    to train says ``trainable = False``, as does its settings class: it goes with ``epochs = 0``.
    Settings may have ``columns``, out of :mod:`fw.data.moments`, with which sequences then come.
    Settings of one that embeds what a recipe has in ``[[inputs]]`` say ``embeds_inputs = True``;
    it then has an attribute ``inputs``, None or an :class:`fw.nn.inputs.Inputs`, which it calls.
    May have ``together(parts, rngs)``, which returns what a call returns for each of some
    sequences: a step then asks once for all parts of a batch.
    """

    causal: bool  # position i sees only positions up to i
    hidden_size: int
    items: ItemTable

    def __call__(self, sequences: Sequences, rng: Rng | None = None) -> Tensor:
        """Return [B, L, D], 0 at padding. ``rng`` is for dropout; None in evaluation."""


@runtime_checkable
class Augmenter(Protocol):
    """One view of every sequence of a batch.

    May have ``min_length``: it is then not drawn for shorter rows. The width of the result depends
    on the width of the input and on ``max_len`` only. A method ``longest(length)``, which says how
    long the view of a row of ``length`` items may be, lets short views be encoded at their width.
    """

    def __call__(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the view; the input is not written to."""


@runtime_checkable
class Pooling(Protocol):
    """Hidden states to one vector a sequence."""

    def __call__(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Pool [B, L, D] over the first ``lengths`` positions of each row, to [B, P]."""

    def width(self, hidden_size: int, max_len: int) -> int:
        """Return P."""


@runtime_checkable
class Loss(Protocol):
    """One term of the training loss.

    May say ``positionwise = True`` if it looks at each position alone and draws nothing. It is then
    called once a step, with all positions, or those with a target, as rows of one ([T, 1, ...]); of
    the batch it may look at ``targets`` only. Settings may have ``columns``, as those of inputs.
    """

    requires: ClassVar[frozenset[str]]  # of "hidden", "negatives", "views"

    def __call__(self, output: StepOutput) -> LossTerm:
        """Sum the loss over the given part of the batch, and say over how many."""


@runtime_checkable
class Evaluator(Protocol):
    """Metrics of one named protocol.

    May have ``top_lists``, a pair (exclusion, k): its ranking's ``lists()`` then holds the best k
    items of every case, all that the exclusion names left out. None asks for no lists. May have
    ``item_weights`` ([N + 2] int64, none negative): its ranking's ``weights()`` then holds sums of
    them where ``counts()`` counts. May have ``repeats_candidates = True``: the target, or a
    candidate twice, may then be drawn.
    """

    protocol: str

    def metric_names(self) -> tuple[str, ...]:
        """Name the metrics a model may be selected by, higher being better: ``"ndcg@10"``."""

    def candidates(self, cases: Cases, rng: Rng) -> Tensor | None:
        """Draw candidates R times ([C, R, K], 0 where a case has fewer); None to draw none.

        What is drawn for a case may depend on ``rng`` and that case alone. It is drawn once and may
        be kept, as int32, for further evaluations of the same cases.
        """

    def __call__(self, ranking: Ranking) -> Metrics:
        """Make the metrics of all cases of a split."""
