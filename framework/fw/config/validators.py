"""Validators for the fields of settings classes, with messages that a user can read.

Where these do not fit, those of :mod:`attrs.validators` do as well. All of them let ``None`` pass:
a setting of type ``X | None`` may be left out.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Range:
    """A range of numbers, its ends included unless they are said to be open."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def __call__(self, instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        """Raise TypeError for what is no number, ValueError for a number outside (nan included)."""
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{attribute.alias} must be a number, found {value!r}")
        if not (self._above(value) and self._below(value)):
            raise ValueError(f"{attribute.alias} must be {self}, found {value}")

    def __str__(self) -> str:
        """Say the range in words, such as "greater than 0 and at most 1"."""
        if None not in (self.low, self.high) and not (self.open_low or self.open_high):
            return f"between {self.low} and {self.high}"
        low = "greater than" if self.open_low else "at least"
        high = "less than" if self.open_high else "at most"
        ends = ((low, self.low), (high, self.high))
        return " and ".join(f"{word} {end}" for word, end in ends if end is not None)

    def _above(self, value: Any) -> bool:
        if self.low is None:
            return True
        return bool(value > self.low if self.open_low else value >= self.low)

    def _below(self, value: Any) -> bool:
        if self.high is None:
            return True
        return bool(value < self.high if self.open_high else value <= self.high)


def at_least(low: float) -> Range:
    """Accept ``value >= low``."""
    return Range(low=low)


def at_most(high: float) -> Range:
    """Accept ``value <= high``."""
    return Range(high=high)


def between(low: float, high: float) -> Range:
    """Accept ``low <= value <= high``."""
    return Range(low=low, high=high)


positive = Range(low=0, open_low=True)
fraction = between(0, 1)
open_fraction = Range(low=0, high=1, open_low=True, open_high=True)
below_one = Range(low=0, high=1, open_high=True)
