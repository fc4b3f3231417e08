"""Columns of interactions (a rating, a time gap, a device) as numbers that a model can be given.

What is made of a column follows from the training part alone, so that nothing of validation or test
gets into it. 0 always says that no value is known: padding, what an augmenter hides and what was
never recorded look the same to a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs
import numpy as np

from fw.config import validators

Form = Literal["category", "number", "log", "quantile"]

TIME_GAP = "time_gap"  # how long after the user's interaction before it one was
_NOT_ZERO = np.float32(1e-30)  # stands for a number of exactly 0, which would say "not known"


@attrs.frozen(kw_only=True)
class ColumnUse:
    """A column as a component wants it: what its settings name in ``columns``.

    ``category``: each value of the training part has a code 1..V, in sorted order; others are not
    known. ``number``: standardised by mean and standard deviation of the training part; ``log``:
    the same after sign(x) log(1 + abs(x)). ``quantile``: codes 1..``bins`` of about equally many
    training values each.
    """

    name: str
    form: Form
    bins: int = attrs.field(default=16, validator=validators.at_least(2))

    @property
    def key(self) -> str:
        """The name of the column in :class:`fw.interfaces.Sequences`."""
        return f"{self.name} as {self.form}" + (f" {self.bins}" * (self.form == "quantile"))


@attrs.frozen(eq=False, kw_only=True)
class Coding:
    """How raw values become those that a model is given.

    ``size`` is V, the largest code, and 0 where numbers stay numbers.
    """

    use: ColumnUse
    size: int = 0
    values: np.ndarray | None = None  # [V] of the categories, or the [V - 1] bounds of quantiles
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def of(cls, use: ColumnUse, trained: np.ndarray) -> Coding:
        """Make the coding of a column from its raw values in the training part."""
        known = trained[is_known(trained)]
        if use.form == "category":
            values = np.unique(known)
            return cls(use=use, values=values, size=len(values))
        if use.form == "quantile":
            shares = np.arange(1, use.bins) / use.bins
            bounds = np.unique(np.quantile(known, shares) if len(known) else [])
            return cls(use=use, values=bounds, size=len(bounds) + 1)
        numbers = _scaled(known, use.form)
        if not len(numbers):
            return cls(use=use)
        return cls(use=use, mean=float(numbers.mean()), deviation=float(numbers.std()) or 1.0)

    def __call__(self, raw: np.ndarray) -> np.ndarray:
        """Return codes (int64) or standardised numbers (float32), 0 where nothing is known."""
        known = is_known(raw)
        if self.values is None:
            numbers = (_scaled(np.where(known, raw, 0), self.use.form) - self.mean) / self.deviation
            numbers = numbers.astype(np.float32)
            return np.where(known, np.where(numbers == 0, _NOT_ZERO, numbers), np.float32(0))
        if self.use.form == "quantile":
            codes = np.searchsorted(self.values, np.where(known, raw, 0), side="left") + 1
            return np.where(known, codes, 0).astype(np.int64)
        if raw.dtype.kind == self.values.dtype.kind == "f":
            raw = raw.astype(self.values.dtype)  # 0.1 of a file is 0.1 of the data
        if not len(self.values):
            return np.zeros(len(raw), dtype=np.int64)
        places = np.searchsorted(self.values, raw).clip(max=len(self.values) - 1)
        found = known & (self.values[places] == raw)
        return np.where(found, places + 1, 0).astype(np.int64)


def is_known(raw: np.ndarray) -> np.ndarray:
    """Return bool, [T]: what is neither an empty text nor a number that is not finite."""
    if raw.dtype.kind in "US":
        return np.asarray(raw != "")
    return np.isfinite(raw) if raw.dtype.kind == "f" else np.ones(len(raw), dtype=bool)


def time_gaps(times: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return how long after the one before it each interaction of a row was: [T] float64.

    The first of each row, which nothing precedes, has NaN. Rows begin at ``offsets`` ([U + 1]).
    """
    gaps = np.diff(times, prepend=times[:1]).astype(np.float64)
    gaps[offsets[:-1][np.diff(offsets) > 0]] = np.nan
    return gaps


def raw_column(
    name: str, columns: Mapping[str, np.ndarray], times: np.ndarray | None, offsets: np.ndarray
) -> np.ndarray | None:
    """Return a column of rows laid flat ([T]), or None where there is none."""
    if name in columns or name != TIME_GAP:
        return columns.get(name)
    return None if times is None else time_gaps(times, offsets)


def coded(
    codings: Mapping[str, Coding],
    columns: Mapping[str, np.ndarray],
    times: np.ndarray | None,
    offsets: np.ndarray,
) -> dict[str, np.ndarray]:
    """Return all columns that can be made of what is known of rows laid flat, by their keys."""
    found = {}
    for key, coding in codings.items():
        raw = raw_column(coding.use.name, columns, times, offsets)
        if raw is not None:
            found[key] = coding(raw)
    return found


def _scaled(numbers: np.ndarray, form: Form) -> np.ndarray:
    wide = numbers.astype(np.float64)
    return np.sign(wide) * np.log1p(np.abs(wide)) if form == "log" else wide
