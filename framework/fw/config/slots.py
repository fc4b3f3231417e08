"""The keys of a component's table that belong to fw, not to the component.

A field whose metadata names a ``kind`` holds a component of that kind (``many``: a tuple of them),
written in the recipe as a nested table or array of tables.
"""

from __future__ import annotations

from typing import Literal

import attrs

from fw.config.chosen import Chosen, Slot
from fw.config.validators import at_least


@attrs.frozen(kw_only=True)
class DatasetSlot(Slot):
    """Cleaning, done the same way for every data set, and what to use where it cannot be had."""

    min_user_count: int = attrs.field(
        default=0,
        validator=at_least(0),
        metadata={"help": "drop users with fewer interactions, repeated until nothing changes"},
    )
    min_item_count: int = attrs.field(
        default=0,
        validator=at_least(0),
        metadata={"help": "drop items with fewer interactions, repeated until nothing changes"},
    )
    duplicates: Literal["drop", "keep"] = attrs.field(
        default="drop", metadata={"help": "rows that repeat user, item and time exactly"}
    )
    fallback: Chosen | None = attrs.field(
        default=None,
        metadata={
            "kind": "dataset",
            "help": "used only where this data set can be neither found nor downloaded",
        },
    )


@attrs.frozen(kw_only=True)
class InputSlot(Slot):
    """How the vectors of an input and those of items become one."""

    combine: Literal["add", "concatenate"] = attrs.field(
        default="add",
        metadata={"help": "to items' vectors, as positions are; or beside them, and then mapped"},
    )


@attrs.frozen(kw_only=True)
class LossSlot(Slot):
    """The term's weight, and for contrastive losses views of their own."""

    weight: float = attrs.field(
        default=1.0, validator=at_least(0), metadata={"help": "factor of this term in the loss"}
    )
    augmenters: tuple[Chosen, ...] | None = attrs.field(
        default=None,
        metadata={"kind": "augmenter", "many": True, "help": "views of this loss's own"},
    )
    pooling: Chosen | None = attrs.field(
        default=None, metadata={"kind": "pooling", "help": "pooling of this loss's own"}
    )
    distinct: bool | None = attrs.field(
        default=None, metadata={"help": "draw two different augmenters for the two views"}
    )


@attrs.frozen(kw_only=True)
class SplitterSlot(Slot):
    """How many cases are evaluated, the same way for every splitter."""

    max_cases: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(at_least(1)),
        metadata={"help": "evaluate so many cases at most, of users drawn once and for all"},
    )


@attrs.frozen(kw_only=True)
class ScheduleSlot(Slot):
    """Warm-up, done the same way before every schedule."""

    warmup_steps: int = attrs.field(
        default=0,
        validator=at_least(0),
        metadata={"help": "steps in which the learning rate first rises to its full height"},
    )
