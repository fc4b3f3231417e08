"""Item dropout for fw: views that forget items at random."""

import attrs
from fw import Sequences, hookimpl, keep_items, validators


@attrs.frozen(kw_only=True)
class ItemDropout:
    """Drop each item with the given probability; the newest always stays."""

    probability: float = attrs.field(default=0.2, validator=validators.fraction)

    def __call__(self, sequences: Sequences, rng) -> Sequences:
        keep = rng.uniform(sequences.items.shape) >= self.probability
        return keep_items(sequences, keep | sequences.is_newest())


@hookimpl
def register_augmenters(register):
    register("item_dropout", ItemDropout)
