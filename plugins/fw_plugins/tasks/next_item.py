"""The task of SASRec: every position predicts its successor."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch

from fw import Batch, Info, Sequences, hookimpl, validators
from fw.augmentation import other_items, put_items
from fw.errors import UserError
from fw.interfaces import NO_COLUMNS
from fw.random import Rng


@attrs.frozen(kw_only=True)
class NextItem:
    """Every position predicts the item after it (Kang and McAuley, ICDM 2018, section III).

    With ``replace`` each input is exchanged with that probability for another item, drawn anew each
    epoch: the stochastic shared embeddings (Wu et al., NeurIPS 2019) of inputs. Targets stay what
    they are, where SSE-PT (Wu et al., RecSys 2020) exchanges an item as target too.
    """

    min_items: ClassVar[int] = 2
    ahead: ClassVar[int] = 1
    requires_causal: ClassVar[bool] = True

    replace: float = attrs.field(
        default=0.0,
        validator=validators.fraction,
        metadata={"help": "probability that an input is exchanged for a random item"},
    )

    def build(self, info: Info) -> NextItem | Replacing:
        """Take the size of the catalogue; raises UserError where nothing else can be put in."""
        if self.replace == 0:
            return self
        if info.num_items < 2:
            raise UserError(
                "task 'next_item' needs a catalogue of at least 2 items to replace any, "
                f"but the data has {info.num_items}"
            )
        return Replacing(plain=self, num_items=info.num_items)

    def __call__(self, history: Sequences, rng: Rng) -> Batch:
        """Take all items but the newest as inputs, all but the oldest as targets: [B, L - 1]."""
        lengths = (history.lengths - 1).clamp(min=0)
        targets = _columns(history, slice(1, None))._replace(lengths=lengths)
        inputs = _cut(_columns(history, slice(None, -1))._replace(lengths=lengths))
        return Batch(inputs=inputs, targets=targets, history=history)

    def query(self, history: Sequences) -> Sequences:
        """Take the history as it is: its newest position predicts what comes next."""
        return history


@attrs.frozen(kw_only=True)
class Replacing:
    """Exchanges inputs for others within 1..N."""

    min_items: ClassVar[int] = NextItem.min_items
    ahead: ClassVar[int] = NextItem.ahead
    requires_causal: ClassVar[bool] = NextItem.requires_causal

    plain: NextItem
    num_items: int

    def __call__(self, history: Sequences, rng: Rng) -> Batch:
        """Return the plain batch with inputs exchanged: [B, L - 1]."""
        batch = self.plain(history, rng)
        inputs = batch.inputs
        draws = rng.child("places").uniform(tuple(inputs.items.shape))
        chosen = (draws < self.plain.replace) & inputs.is_real()
        others = other_items(inputs.items, self.num_items, rng.child("items"))
        return batch._replace(inputs=put_items(inputs, chosen, others))

    def query(self, history: Sequences) -> Sequences:
        """Take the history as it is."""
        return self.plain.query(history)


def _columns(sequences: Sequences, part: slice) -> Sequences:
    columns = {name: column[:, part] for name, column in sequences.columns.items()}
    return sequences._replace(items=sequences.items[:, part], columns=columns or NO_COLUMNS)


def _cut(sequences: Sequences) -> Sequences:
    """Leave nothing after the last item: what stood there belongs to the target."""
    real = sequences.is_real()
    columns = {name: torch.where(real, c, 0) for name, c in sequences.columns.items()}
    items = torch.where(real, sequences.items, 0)
    return sequences._replace(items=items, columns=columns or NO_COLUMNS)


@hookimpl
def register_tasks(register):
    """Offer ``next_item``."""
    register("next_item", NextItem)
