"""Small components of every kind, without torch: what recipes in tests are made of."""

from pathlib import Path
from typing import ClassVar, Literal

import attrs

from fw import hookimpl, validators


def setting(default=attrs.NOTHING, validator=None, help=""):
    return attrs.field(default=default, validator=validator, metadata={"help": help})


@attrs.frozen(kw_only=True)
class Table:
    """A file of interactions (nobody, 2020)."""

    path: Path = setting(help="the file")  # noqa: RUF009
    columns: tuple[str, ...] = ()
    separator: Literal["comma", "tab"] = "comma"


@attrs.frozen(kw_only=True)
class MadeUp:
    """Interactions that nobody had."""

    num_users: int = setting(10, validators.at_least(1))


@attrs.frozen(kw_only=True)
class LastOut:
    """Hold out the last item."""


@attrs.frozen(kw_only=True)
class NextItem:
    """Predict the next item."""

    requires_causal: ClassVar[bool] = True


@attrs.frozen(kw_only=True)
class HiddenItem:
    """Predict a hidden item."""


@attrs.frozen(kw_only=True)
class Resident:
    """Everything at hand."""


@attrs.frozen(kw_only=True)
class Uniform:
    """Draw any item."""

    num_negatives: int = setting(1, validators.at_least(1), "negatives a position")


@attrs.frozen(kw_only=True)
class Small:
    """A small encoder."""

    hidden_size: int = setting(8, validators.at_least(1))
    dropout: float = setting(0.2, validators.below_one)


@attrs.frozen(kw_only=True)
class BothWays:
    """An encoder that sees what comes after."""

    causal: ClassVar[bool] = False

    dropout: float = setting(0.4, validators.below_one)


@attrs.frozen(kw_only=True)
class Crop:
    """Keep a piece."""

    ratio: float = setting(0.6, validators.fraction, "share that is kept")


@attrs.frozen(kw_only=True)
class Mask:
    """Hide some items."""

    ratio: float = setting(0.5, validators.fraction)


@attrs.frozen(kw_only=True)
class Mean:
    """The mean over positions."""


@attrs.frozen(kw_only=True)
class BinaryCrossEntropy:
    """Targets against negatives."""

    requires: ClassVar[frozenset[str]] = frozenset({"hidden", "negatives"})


@attrs.frozen(kw_only=True)
class Contrast:
    """Views against views."""

    requires: ClassVar[frozenset[str]] = frozenset({"views"})
    temperature: float = setting(0.2, validators.positive)


@attrs.frozen(kw_only=True)
class Adam:
    """An optimizer.

    It has a second paragraph.
    """

    learning_rate: float = setting(0.001, validators.positive, "step size")
    betas: tuple[float, float] = (0.9, 0.98)
    warmup: int | None = setting(None, validators.at_least(1), "steps")
    decoupled: bool = False


@attrs.frozen(kw_only=True)
class Falling:
    """A rate that falls."""


@attrs.frozen(kw_only=True)
class Ranked:
    """Rank all items."""

    protocol: str = "all"
    cutoffs: tuple[int, ...] = (5, 10)

    def metric_names(self):
        return tuple(f"hr@{cutoff}" for cutoff in self.cutoffs)


@attrs.frozen(kw_only=True)
class Late:
    """Says only when it is built what it reports."""


@attrs.frozen(kw_only=True)
class Nowhere:
    """Tell nobody."""


@attrs.frozen(kw_only=True)
class Beside:
    """Embed nothing else."""


@attrs.frozen(kw_only=True)
class Near:
    """Look nearby."""

    effort: int = setting(10, validators.at_least(1))


@attrs.frozen(kw_only=True)
class Here:
    """Run them here."""


@hookimpl
def register_datasets(register):
    register("table", Table)
    register("made_up", MadeUp)


@hookimpl
def register_splitters(register):
    register("last_out", LastOut)


@hookimpl
def register_tasks(register):
    register("next_item", NextItem)
    register("hidden_item", HiddenItem)


@hookimpl
def register_loaders(register):
    register("resident", Resident)


@hookimpl
def register_samplers(register):
    register("uniform", Uniform)


@hookimpl
def register_encoders(register):
    register("small", Small)
    register("both_ways", BothWays)


@hookimpl
def register_augmenters(register):
    register("crop", Crop)
    register("mask", Mask)


@hookimpl
def register_poolings(register):
    register("mean", Mean)


@hookimpl
def register_losses(register):
    register("bce", BinaryCrossEntropy)
    register("contrast", Contrast)


@hookimpl
def register_optimizers(register):
    register("adam", Adam)


@hookimpl
def register_schedules(register):
    register("falling", Falling)


@hookimpl
def register_evaluators(register):
    register("ranked", Ranked)
    register("late", Late)


@hookimpl
def register_trackers(register):
    register("nowhere", Nowhere)


@hookimpl
def register_inputs(register):
    register("beside", Beside)


@hookimpl
def register_indexes(register):
    register("near", Near)


@hookimpl
def register_executors(register):
    register("here", Here)
