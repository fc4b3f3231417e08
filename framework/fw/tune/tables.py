"""The table ``[tune]`` as it is written: how is searched, and the ranges of the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

from fw.config import validators
from fw.config.nodes import Node, Place
from fw.config.overrides import Change
from fw.config.values import toml
from fw.errors import Problem

if TYPE_CHECKING:
    from optuna.trial import Trial

Number = int | float


@attrs.frozen(kw_only=True)
class TuneKeys:
    """The plain values of ``[tune]``."""

    trials: int = attrs.field(
        default=20,
        validator=validators.at_least(1),
        metadata={"help": "trials in all, also those that are pruned or fail"},
    )
    seed: int = attrs.field(
        default=1,
        validator=validators.between(0, 2**32 - 1),
        metadata={"help": "from which the parameters of every trial are drawn"},
    )
    sampler: Literal["tpe", "random"] = attrs.field(
        default="tpe", metadata={"help": "tpe learns from the trials before, random does not"}
    )
    pruner: Literal["median", "none"] = attrs.field(
        default="median",
        metadata={"help": "median ends a trial that is worse than half of the others were"},
    )
    startup_trials: int = attrs.field(
        default=10,
        validator=validators.at_least(0),
        metadata={"help": "trials that are drawn at random and run whole before that"},
    )
    warmup_epochs: int = attrs.field(
        default=0,
        validator=validators.at_least(0),
        metadata={"help": "epochs before which no trial is pruned"},
    )


@attrs.frozen(kw_only=True)
class RangeKeys:
    """A range, ends included: of integers if both ends are, else of numbers."""

    low: Number = attrs.field(metadata={"help": "the smallest value"})
    high: Number = attrs.field(metadata={"help": "the largest value"})
    step: Number | None = attrs.field(
        default=None, validator=validators.positive, metadata={"help": "distance of values"}
    )
    log: bool = attrs.field(
        default=False, metadata={"help": "draw the logarithm evenly, for learning rates"}
    )


class Parameter(Protocol):
    """A key of the recipe, and what it may become."""

    @property
    def key(self) -> str:
        """The key, as after ``--set``."""

    @property
    def plain(self) -> Any:
        """The range as plain values."""

    def suggest(self, trial: Trial) -> Change:
        """Draw a value for a trial, or give the one that it has."""

    def probes(self) -> Iterator[Change]:
        """Yield the values by which the range is checked before any trial."""


@attrs.frozen(kw_only=True, eq=False)
class Range:
    """A parameter between two numbers; ``low`` and ``high`` know where they were written."""

    key: str
    keys: RangeKeys
    low: Node
    high: Node

    @property
    def plain(self) -> Any:
        """The range as plain values."""
        return attrs.asdict(
            self.keys, filter=lambda _, value: value is not None and value is not False
        )

    def suggest(self, trial: Trial) -> Change:
        """Draw a value for a trial, or give the one that it has."""
        keys = self.keys
        if _is_whole(keys):
            step = int(keys.step or 1)
            whole = trial.suggest_int(
                self.key, int(keys.low), int(keys.high), step=step, log=keys.log
            )
            return Change.to(self.key, whole)
        value = trial.suggest_float(
            self.key, float(keys.low), float(keys.high), step=keys.step, log=keys.log
        )
        return Change.to(self.key, value if keys.step is None else _as_written(value, keys))

    def probes(self) -> Iterator[Change]:
        """Yield both ends."""
        yield Change(self.key, self.low)
        yield Change(self.key, self.high)

    def problems(self) -> Iterator[Problem]:
        """Find what is wrong with the ends together."""
        keys, place = self.keys, self.low.place
        if keys.low >= keys.high:
            message = f"{self.key}: low must be less than high, found {keys.low} and {keys.high}"
            yield place.problem(message)
        if keys.log and keys.low <= 0:
            yield place.problem(f"{self.key}: with log = true low must be above 0")
        if keys.log and keys.step is not None:
            yield place.problem(f"{self.key}: log = true and step do not go together")


@attrs.frozen(kw_only=True, eq=False)
class Choices:
    """A parameter that is one of several values: of any kind, tables and lists too."""

    key: str
    values: Sequence[Node]
    place: Place

    @property
    def plain(self) -> Any:
        """The values, as plain ones."""
        return [value.plain() for value in self.values]

    def suggest(self, trial: Trial) -> Change:
        """Draw a value for a trial, or give the one that it has."""
        by_text = {toml(value.plain()): value for value in self.values}
        return Change(self.key, by_text[trial.suggest_categorical(self.key, list(by_text))])

    def probes(self) -> Iterator[Change]:
        """Yield every value."""
        for value in self.values:
            yield Change(self.key, value)


def _as_written(value: float, keys: RangeKeys) -> float:
    """Return a value of a range with steps as one would write it: 0.6, not 0.6000000000000001."""
    low, step = Decimal(str(keys.low)), Decimal(str(keys.step))
    return float(low + round((Decimal(value) - low) / step) * step)


def _is_whole(keys: RangeKeys) -> bool:
    return all(isinstance(value, int) for value in (keys.low, keys.high, keys.step or 1))
