"""The cloze task of BERT4Rec: items are hidden, and predicted where they stood."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch
from torch import Tensor

from fw import Batch, Info, Sequences, hookimpl, validators
from fw.augmentation import random_places, share, share_at_least_one, take
from fw.interfaces import NO_COLUMNS
from fw.random import Rng


@attrs.frozen(kw_only=True)
class MaskedItem:
    """Hide items, and predict them from what stands on both sides (Sun et al., CIKM 2019).

    Of a row's n items max(floor(ratio * n), 1) are hidden, drawn anew each epoch; the mask token
    N + 1 stands in their place. Something always stays in sight. As that paper has it (section
    3.6), rows are mixed in of which the newest item alone is hidden, as it is when the model is
    used: ``newest_alone`` is their share. What comes next is asked for by a mask token behind the
    newest ``max_len - 1`` items. Columns are 0 where a mask token stands.

    Differs from the authors' code, FeiSun/BERT4Rec, in rounding down, in drawing anew in place of
    ten fixed copies of each row and one with the newest hidden (1 in 11), and in taking the newest
    ``max_len`` items of a history in place of several windows. A causal encoder may be trained on
    it too: a hidden item is then predicted from what precedes it.
    """

    min_items: ClassVar[int] = 2
    ahead: ClassVar[int] = 0
    requires_causal: ClassVar[bool] = False

    ratio: float = attrs.field(
        default=0.2, validator=validators.open_fraction, metadata={"help": "share of items hidden"}
    )
    newest_alone: float = attrs.field(
        default=0.1,
        validator=validators.fraction,
        metadata={"help": "share of rows of which the newest item alone is hidden"},
    )

    def build(self, info: Info) -> Cloze:
        """Look up which item is the mask token, and how long a query may be."""
        return Cloze(settings=self, mask_item=info.mask_item, max_len=info.max_len)


@attrs.frozen(kw_only=True)
class Cloze:
    """Puts the mask token where a row's items are hidden."""

    min_items: ClassVar[int] = MaskedItem.min_items
    ahead: ClassVar[int] = MaskedItem.ahead
    requires_causal: ClassVar[bool] = MaskedItem.requires_causal

    settings: MaskedItem
    mask_item: int
    max_len: int

    def __call__(self, history: Sequences, rng: Rng) -> Batch:
        """Hide items; what is hidden is the target of its own position: [B, L]."""
        hidden = self._hidden(history, rng)
        masked = torch.where(hidden, self.mask_item, history.items)
        inputs = _where(~hidden, history)._replace(items=masked)
        return Batch(inputs, _where(hidden, history), history)

    def query(self, history: Sequences) -> Sequences:
        """Put a mask token behind the newest ``max_len - 1`` items of each row."""
        width = min(history.items.shape[1], self.max_len - 1) + 1
        lengths = history.lengths.clamp(max=self.max_len - 1)
        places = torch.arange(width, device=lengths.device)
        kept = take(history, (history.lengths - lengths)[:, None] + places, lengths)
        items = torch.where(places == lengths[:, None], self.mask_item, kept.items)
        return kept._replace(items=items, lengths=lengths + 1)

    def num_targets(self, width: int) -> int:
        """Return how many items of a row of ``width`` are hidden."""
        return max(share(self.settings.ratio, width), 1)

    def target_counts(self, info: Info) -> Tensor:
        """Return how often each item is expected to be a target in an epoch: [N + 2] float64."""
        training, alone = info.training, self.settings.newest_alone
        numbers = training.lengths.clamp(max=info.max_len)
        numbers = torch.where(training.lengths < self.min_items, 0, numbers)
        hidden = share_at_least_one(self.settings.ratio, numbers) / numbers.clamp(min=1)
        one = numbers.clamp(max=1)
        anywhere = training.count_newest(numbers, (1 - alone) * hidden, info.num_items)
        return anywhere + training.count_newest(one, alone * one, info.num_items)

    def _hidden(self, history: Sequences, rng: Rng) -> Tensor:
        """Draw which positions are hidden: [B, L] bool."""
        counts = share_at_least_one(self.settings.ratio, history.lengths)
        anywhere = random_places(history, counts, rng.child("places"))
        draws = rng.child("newest alone").uniform(tuple(counts.shape))
        alone = draws < self.settings.newest_alone
        return torch.where(alone[:, None], history.is_newest(), anywhere)


def _where(kept: Tensor, sequences: Sequences) -> Sequences:
    """Return the sequences with PAD, and 0 in their columns, where not ``kept`` ([B, L] bool)."""
    columns = {name: torch.where(kept, c, 0) for name, c in sequences.columns.items()}
    items = torch.where(kept, sequences.items, 0)
    return sequences._replace(items=items, columns=columns or NO_COLUMNS)


@hookimpl
def register_tasks(register):
    """Offer ``masked_item``."""
    register("masked_item", MaskedItem)
