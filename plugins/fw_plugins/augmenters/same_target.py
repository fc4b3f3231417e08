"""Same target: a view is another user's sequence that led to the same item."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl
from fw.augmentation import min_length_field
from fw.random import Rng

_NOTHING = torch.iinfo(torch.int64).max


@attrs.frozen(kw_only=True)
class SameTarget:
    """Take what led another user to the row's newest training item (DuoRec: Qiu et al., WSDM 2022).

    With t the row's newest training item, one occurrence of t in the training items of the other
    rows is drawn, uniformly; the view is what precedes it there, its newest ``max_len`` items.
    Occurrences that nothing precedes are not counted. Where there is none, the row itself without
    its newest item is the view (a lone item stays). Where training goes over windows, each of them
    is a row, and another window of the same user counts as another user. Beside it belongs
    ``identity`` with ``newest = "drop"``.
    """

    min_length: int = min_length_field()

    def build(self, info: Info) -> OthersWithTarget:
        """Index the training items by item."""
        return OthersWithTarget(info, self.min_length)


class OthersWithTarget(nn.Module):
    """Draws an occurrence of an item outside a row, from a sorted list of all occurrences."""

    keys: Tensor  # [O] int64: item * U + row of every occurrence, sorted
    ends: Tensor  # [O] int64: how many items of its row precede it

    def __init__(self, info: Info, min_length: int) -> None:
        super().__init__()
        self.training_rows, self.min_length = info.training, min_length
        self.num_users, self.max_len = info.num_users, info.max_len
        rows, ends = _occurrences(info.training.lengths)
        items = info.training.items[info.training.starts[rows] + ends].to(torch.int64)
        keys, order = (items * info.num_users + rows).sort(stable=True)
        # A last entry that nothing matches, so that there always is one to look at.
        self.register_buffer("keys", _with_last(keys, _NOTHING), persistent=False)
        self.register_buffer("ends", _with_last(ends[order], 0), persistent=False)

    def longest(self, length: int) -> int:
        """Return ``max_len``: another row may be longer than any of the batch."""
        return self.max_len

    def forward(self, sequences: Sequences, rng: Rng) -> Sequences:
        """Return the parts of other rows under the address of the given ones: [B, max_len]."""
        rows = sequences.rows
        lengths = self.training_rows.lengths[rows]
        without_newest = torch.where(lengths > 1, lengths - 1, lengths)
        place, found = self._draw(sequences.newest_items(), rows, rng)
        other_rows = torch.where(found, self.keys[place] % self.num_users, rows)
        ends = torch.where(found, self.ends[place], without_newest)
        return self.training_rows.window(other_rows, ends, self.max_len)._replace(rows=rows)

    def _draw(self, items: Tensor, rows: Tensor, rng: Rng) -> tuple[Tensor, Tensor]:
        """Draw an occurrence of each of ``items`` ([B]) outside its row, and say where one is."""
        first, last = self._span(items * self.num_users, (items + 1) * self.num_users)
        own = items * self.num_users + rows
        own_first, own_last = self._span(own, own + 1)
        own_count = own_last - own_first
        others = last - first - own_count
        place = first + rng.integers(tuple(items.shape), others.clamp(min=1))
        return torch.where(place >= own_first, place + own_count, place), others > 0

    def _span(self, first: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Return where keys from ``first`` on begin, and where keys from ``after`` on do."""
        return torch.searchsorted(self.keys, first), torch.searchsorted(self.keys, after)


def _occurrences(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return row and place in it of all training items that another item precedes."""
    rows = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    places = torch.arange(len(rows)) - (lengths.cumsum(0) - lengths)[rows]
    return rows[places > 0], places[places > 0]


def _with_last(values: Tensor, last: int) -> Tensor:
    return torch.cat([values, values.new_tensor([last])])


@hookimpl
def register_augmenters(register):
    """Offer ``same_target``."""
    register("same_target", SameTarget)
