"""The best next items after many histories at once, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import attrs
import numpy as np
import torch

from fw.data.coding import coded
from fw.data.moments import moments
from fw.engine.evaluating.evaluation import evaluating
from fw.engine.evaluating.top_lists import first_items
from fw.engine.finished.model import Trained
from fw.engine.finished.near_items import near_items
from fw.indexing import Search
from fw.interfaces import NO_COLUMNS, PAD, Sequences

_ROWS, _SCORES = 512, 2**23  # at once, at most; beside a score stands a key of eight bytes


@attrs.frozen(eq=False, slots=False)
class Histories:
    """Histories of known items, one after the other, oldest first.

    History h has ``items[offsets[h]:offsets[h + 1]]``; ``rows`` are the rows of the run's data that
    they belong to, 0 where they are new. ``times`` are those of the items, None if none are known;
    ``columns`` what else is known of them, as the run's model is given it.
    """

    items: np.ndarray  # [T] int32, 1..N
    offsets: np.ndarray  # [H + 1] int64
    rows: np.ndarray  # [H] int64
    times: np.ndarray | None = None  # [T] int64
    columns: Mapping[str, np.ndarray] = MappingProxyType({})  # [T] each, by key of its coding

    @classmethod
    def new(
        cls,
        run: Trained,
        items: np.ndarray,
        owners: np.ndarray,
        number: int,
        times: np.ndarray | None = None,
        raw: Mapping[str, np.ndarray] = MappingProxyType({}),
    ) -> Histories:
        """Gather ``number`` histories from items and the history of each; owners never fall.

        ``raw`` ([T] each) are further columns, as the data has them.
        """
        offsets = np.searchsorted(owners, np.arange(number + 1))
        columns = coded(run.info.codings, raw, times, offsets)
        rows = np.zeros(number, dtype=np.int64)
        return cls(items.astype(np.int32), offsets, rows, times, columns)

    @classmethod
    def of_rows(cls, run: Trained, rows: np.ndarray) -> Histories:
        """Return all that the run's data has of some rows."""
        store = run.split.store
        whole = cls(store.items, store.offsets, np.arange(store.num_users))
        places = whole.places_of(rows)
        times = None if store.times is None else store.times[places]
        offsets = np.append(0, whole.lengths[rows].cumsum())
        raw = {name: column[places] for name, column in store.columns.items()}
        columns = coded(run.info.codings, raw, times, offsets)
        return cls(store.items[places], offsets, rows, times, columns)

    @classmethod
    def joined(cls, parts: Sequence[Histories]) -> Histories:
        """Put the histories of several together, one after the other.

        Where only some have times, the others' items are all of one moment; where only some have a
        column, nothing is known of the others.
        """
        lengths = np.concatenate([part.lengths for part in parts])
        items = np.concatenate([part.items for part in parts])
        rows = np.concatenate([part.rows for part in parts])
        times = None
        if any(part.times is not None for part in parts):
            times = np.concatenate([part.times_or_zeros() for part in parts])
        names = {name for part in parts for name in part.columns}
        columns = {name: np.concatenate([p.column_or_zeros(name) for p in parts]) for name in names}
        return cls(items, np.append(0, lengths.cumsum()), rows, times, columns)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """How many items each has: [H] int64."""
        return np.diff(self.offsets)

    def items_of(self, chosen: np.ndarray) -> np.ndarray:
        """Return the items of the chosen histories, one history after the other."""
        return np.asarray(self.items[self.places_of(chosen)])

    def times_or_zeros(self) -> np.ndarray:
        """Return the times, or the same one for all items."""
        return np.zeros(len(self.items), np.int64) if self.times is None else self.times

    def column_or_zeros(self, name: str) -> np.ndarray:
        """Return a column, or 0 for all items: not known."""
        return self.columns.get(name, np.zeros(len(self.items), np.int64))

    def places_of(self, chosen: np.ndarray) -> np.ndarray:
        """Return where the items of the chosen histories stand, one history after the other."""
        lengths = self.lengths[chosen]
        starts = self.offsets[chosen] - (lengths.cumsum() - lengths)
        return np.asarray(np.repeat(starts, lengths) + np.arange(lengths.sum()))

    def newest(self, chosen: np.ndarray, width: int) -> Sequences:
        """Return the newest ``width`` items of the chosen histories, as wide as the longest."""
        lengths = np.minimum(self.lengths[chosen], width)
        within = np.arange(lengths.max())
        real = within < lengths[:, None]
        first = self.offsets[chosen + 1] - lengths
        places = np.where(real, first[:, None] + within, 0)
        items = np.where(real, self.items[places], PAD).astype(np.int64)
        parts = [torch.from_numpy(one) for one in (items, lengths, self.rows[chosen])]
        columns = {
            name: torch.from_numpy(np.where(real, column[places], 0))
            for name, column in self._columns.items()
        }
        return Sequences(parts[0], parts[1], parts[2], columns or NO_COLUMNS)

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        times = {} if self.times is None else moments(self.times, self.offsets)
        return {**times, **self.columns}


class Lists(NamedTuple):
    """A list for each of H histories, best first."""

    items: np.ndarray  # [H, k] int32, PAD where fewer are left
    scores: np.ndarray  # [H, k] float32, 0 there
    popular: np.ndarray  # [H] bool: most popular items, the score being how often they occur


def next_items(
    run: Trained,
    histories: Histories,
    *,
    k: int,
    seen: bool = False,
    search: Search | None = None,
) -> Lists:
    """Return the ``k`` best items after each history, without those in it unless ``seen``.

    Equal scores stand in the order of the items' first appearance in the data. After an empty
    history there is nothing for the model to go by: its list are the items that occur most often
    in training. With ``search`` only items that it finds are scored, unless they do not fill a
    list: that is then made exactly.
    """
    k = min(k, run.info.num_items)
    popular = histories.lengths == 0
    found = Lists(
        np.zeros((len(histories), k), np.int32), np.zeros((len(histories), k), np.float32), popular
    )
    for chosen in _chunks(run, histories, k, search):
        if search is None:
            _fill(found, chosen, run, histories, seen)
        else:
            _fill_near(found, chosen, run, histories, seen, search)
    counts = run.info.item_counts.cpu().numpy()[1:-1]
    most = np.argsort(-counts, kind="stable")[:k]
    found.items[popular], found.scores[popular] = most + 1, counts[most]
    return found


def _at_once(run: Trained, histories: Histories, k: int, search: Search | None) -> int:
    """Return for how many histories there is room: for scores, or for vectors that were found."""
    room = _SCORES // (run.info.num_items + 2)
    if search is not None:
        most = k + int(histories.lengths.max(initial=0))
        room = max(room, _SCORES // (most * run.model.encoder.hidden_size))
    return max(min(_ROWS, room), 1)


def _chunks(
    run: Trained, histories: Histories, k: int = 1, search: Search | None = None
) -> Iterator[np.ndarray]:
    """Yield the numbers of histories that are not empty, longest first, for little padding."""
    lengths = np.minimum(histories.lengths, run.info.max_len)
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    size = _at_once(run, histories, k, search)
    for first in range(0, len(order), size):
        yield order[first : first + size]


def _fill(found: Lists, chosen: np.ndarray, run: Trained, histories: Histories, seen: bool) -> None:
    scores = run.scores(histories.newest(chosen, run.info.max_len))
    excluded, owners = _hidden(histories, chosen[:0] if seen else chosen)
    best = first_items(scores, excluded.to(run.device), owners.to(run.device), found.items.shape[1])
    theirs = scores.gather(1, best.long()).where(best != PAD, 0)
    found.items[chosen], found.scores[chosen] = best.cpu().numpy(), theirs.cpu().numpy()


def _fill_near(
    found: Lists,
    chosen: np.ndarray,
    run: Trained,
    histories: Histories,
    seen: bool,
    search: Search,
) -> None:
    states = run.states(histories.newest(chosen, run.info.max_len))
    excluded, owners = _hidden(histories, chosen[:0] if seen else chosen)
    with torch.inference_mode(), evaluating(run.model.encoder):
        near = near_items(
            search,
            states,
            run.model.encoder.items,
            excluded.to(run.device),
            owners.to(run.device),
            found.items.shape[1],
        )
    found.items[chosen], found.scores[chosen] = near.items.cpu().numpy(), near.scores.cpu().numpy()
    short = chosen[near.short.cpu().numpy()]
    if len(short):
        _fill(found, short, run, histories, seen)


def _hidden(histories: Histories, chosen: np.ndarray) -> Sequence[torch.Tensor]:
    """Return the items of the chosen histories and the number (from 0) of each one's history."""
    items = histories.items_of(chosen).astype(np.int64)
    owners = np.repeat(np.arange(len(chosen)), histories.lengths[chosen])
    return torch.from_numpy(items), torch.from_numpy(owners)
