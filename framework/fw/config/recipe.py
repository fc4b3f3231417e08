"""A recipe that has been read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from fw.config.chosen import Chosen, plain_fields
from fw.config.validators import at_least, between, open_fraction, positive
from fw.kinds import KINDS

Execution = Literal["eager", "compile", "cuda_graph"]
Precision = Literal["float32", "tf32", "bfloat16"]


@attrs.frozen(kw_only=True)
class General:
    """The keys at the top of a recipe."""

    seed: int = attrs.field(
        default=1,
        validator=between(0, 2**63 - 1),
        metadata={"help": "from which everything random follows"},
    )
    max_len: int = attrs.field(
        default=200,
        validator=at_least(1),
        metadata={"help": "how many of a user's newest items the model sees"},
    )


def _at_most_epochs(instance: Any, attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is not None and value > instance.epochs:
        raise ValueError(f"final_fit must be at most epochs ({instance.epochs}), found {value}")


@attrs.frozen(kw_only=True)
class Training:
    """How long is trained, and by which metric the model is selected."""

    batch_size: int = attrs.field(
        default=128,
        validator=at_least(1),
        metadata={"help": "rows a step, over all processes"},
    )
    epochs: int = attrs.field(
        default=200, validator=at_least(0), metadata={"help": "epochs at most; 0 trains nothing"}
    )
    evaluate_every: int = attrs.field(
        default=5, validator=at_least(1), metadata={"help": "epochs between evaluations"}
    )
    patience: int = attrs.field(
        default=10,
        validator=at_least(1),
        metadata={"help": "evaluations without improvement before training stops"},
    )
    monitor: str = attrs.field(
        metadata={"help": 'the metric that selects the model: "valid/<protocol>/<metric>"'}
    )
    checkpoint_every: int = attrs.field(
        default=1,
        validator=at_least(1),
        metadata={"help": "epochs between the states from which a run can go on"},
    )
    checkpoint_minutes: float | None = attrs.field(
        default=None,
        validator=positive,
        metadata={"help": "minutes after which such a state is also written, within an epoch too"},
    )
    execution: Execution = attrs.field(
        default="eager",
        metadata={"help": "how a step is carried out; eagerly where the mode cannot be had"},
    )
    precision: Precision = attrs.field(
        default="float32",
        metadata={"help": "of matrix products: tf32 is for CUDA; weights stay float32"},
    )
    clip_norm: float | None = attrs.field(
        default=None,
        validator=positive,
        metadata={"help": "the norm of all gradients together above which they are scaled down"},
    )
    ema_decay: float | None = attrs.field(
        default=None,
        validator=open_fraction,
        metadata={"help": "evaluate and keep an average of the weights: what is left a step later"},
    )
    window_stride: int | None = attrs.field(
        default=None,
        validator=at_least(1),
        metadata={
            "help": "train on windows over whole histories, so many items apart, at most max_len; "
            "left out: on the newest items alone"
        },
    )
    init_from: Path | None = attrs.field(
        default=None, metadata={"help": "a finished run with whose best weights training begins"}
    )
    final_fit: int | None = attrs.field(
        default=None,
        validator=[at_least(1), _at_most_epochs],
        metadata={"help": "train on validation items too, for so many epochs: see fw refit"},
    )

    @property
    def last_epoch(self) -> int:
        """The epoch after which training is over, if validation does not end it before."""
        return self.epochs if self.final_fit is None else self.final_fit


@attrs.frozen(kw_only=True)
class Views:
    """Defaults for the views that contrastive losses compare."""

    distinct: bool = attrs.field(
        default=False, metadata={"help": "draw two different augmenters for the two views"}
    )


@attrs.frozen(kw_only=True, eq=False)
class Recipe:
    """All that configures a run. ``components`` are by kind; ``path`` is the recipe's file.

    ``notes`` say what may not be as its author thinks.
    """

    seed: int
    max_len: int
    training: Training
    views: Views
    components: Mapping[str, tuple[Chosen, ...]]
    path: Path | None = None
    notes: tuple[str, ...] = ()

    def many(self, kind: str) -> tuple[Chosen, ...]:
        """Return all components of a kind, in the recipe's order."""
        return self.components.get(kind, ())

    def optional(self, kind: str) -> Chosen | None:
        """Return the component of a kind that a recipe names at most once, or None."""
        return next(iter(self.many(kind)), None)

    def one(self, kind: str) -> Chosen:
        """Return the component of a kind that a recipe must name; raises LookupError without."""
        found = self.optional(kind)
        if found is None:
            raise LookupError(f"the recipe names no {kind}")
        return found

    @property
    def resolved(self) -> dict[str, Any]:
        """The recipe as plain data with every default filled in: itself a recipe."""
        tables = {
            kind.key: [chosen.table for chosen in found] if kind.many else found[0].table
            for kind in KINDS.values()
            if (found := self.many(kind.name))
        }
        top = {"seed": self.seed, "max_len": self.max_len}
        named = {"views": plain_fields(self.views), "training": plain_fields(self.training)}
        return {**top, **tables, **named}
