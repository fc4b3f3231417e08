"""Time split: what came after a moment in time is for the test, for all users alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import attrs
import numpy as np

from fw import hookimpl, validators
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.split_report import report_split
from fw.errors import DataError

Cut = str | int
Target = Literal["last", "first", "all"]

# Times since 1970 up to which a number is taken to be in seconds, milliseconds, microseconds: the
# year 5138. What is larger is in nanoseconds.
_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6))
_SMALLEST_DATE = 10**8  # seconds: 1973


def _is_cut(instance: object, attribute: attrs.Attribute[Any], value: Cut | None) -> None:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"{attribute.name} must be an ISO date such as 2001-12-31 or "
                f"2001-12-31T23:59:59, or an integer, found {value!r}"
            ) from None


@attrs.frozen(kw_only=True)
class TimeSplit:
    """Train on what came up to a moment in time, the same for all users, and test what came after.

    Unlike leave-one-out, nothing that is trained on is later than what is tested (Gusak et al.,
    "Time to Split", RecSys 2025, arXiv 2507.16289; ``src/splits.py`` of monkey0head/time-to-split,
    with validation by time). The cut is the time up to which a share (``quantile``) of all
    interactions came, or ``cut``; what came up to it, the cut itself included, is cut once more for
    validation.
    Every case's history is all that came before its target. A user's first interaction has no
    history and is no target. Users who are new after a cut are kept, and counted.
    """

    quantile: float = attrs.field(
        default=0.9,
        validator=validators.open_fraction,
        metadata={"help": "share of the interactions up to the cut before the test"},
    )
    cut: Cut | None = attrs.field(
        default=None,
        validator=_is_cut,
        metadata={"help": "in place of quantile: an ISO date (UTC), or a number as in the data"},
    )
    valid_quantile: float = attrs.field(
        default=0.9,
        validator=validators.open_fraction,
        metadata={"help": "share of what is left that comes up to the cut before validation"},
    )
    valid_cut: Cut | None = attrs.field(
        default=None,
        validator=_is_cut,
        metadata={"help": "in place of valid_quantile: an earlier date or number"},
    )
    target: Target = attrs.field(
        default="last",
        validator=attrs.validators.in_(("last", "first", "all")),
        metadata={"help": "which of a user's interactions after a cut are predicted"},
    )

    def __call__(self, store: SequenceStore) -> Split:
        """Split; raises DataError without times, or where the cuts are not in order."""
        if store.times is None:
            raise DataError(
                "a time split needs times, and this data set has none: name its column of times, "
                'or split by name = "leave_one_out"'
            )
        test_cut = _moment(self.cut, store.times, self.quantile)
        before = store.times[store.times <= test_cut]
        valid_cut = _moment(self.valid_cut, before, self.valid_quantile)
        if valid_cut > test_cut or (self.valid_cut is not None and valid_cut == test_cut):
            raise DataError(f"valid_cut ({valid_cut}) must be before the test's cut ({test_cut})")
        return self._split(store, valid_cut, test_cut)

    def _split(self, store: SequenceStore, valid_cut: int, test_cut: int) -> Split:
        trained, known = _counts(store, valid_cut), _counts(store, test_cut)
        split = Split(
            store=store,
            train_lengths=trained,
            valid=_cases(trained, known, self.target),
            test=_cases(known, store.lengths, self.target),
        )
        rule = f"time split; valid after {valid_cut}, test after {test_cut}; target {self.target}"
        news = {
            **_news(store, "valid", valid_cut, test_cut),
            **_news(store, "test", test_cut, int(store.times.max(initial=test_cut))),
        }
        return attrs.evolve(split, report={**report_split(split, rule), **news})


def _moment(cut: Cut | None, times: np.ndarray, quantile: float) -> int:
    """Return a cut in the units of the data's times; what is at just that time is before it."""
    if isinstance(cut, int):
        return cut
    if not len(times):
        raise DataError("nothing came up to the cut: there is nothing to train on")
    if cut is None:
        return int(np.quantile(times, quantile, method="lower"))
    return _seconds(cut, times) * _per_second(int(np.abs(times).max()))


def _seconds(cut: str, times: np.ndarray) -> int:
    if np.abs(times).max() < _SMALLEST_DATE:
        raise DataError(
            f"the cut {cut!r} is a date, but the times of this data set ({times.min()} to "
            f"{times.max()}) are none: give the cut as an integer"
        )
    moment = datetime.fromisoformat(cut)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


def _per_second(largest: int) -> int:
    return next((unit for limit, unit in _UNITS if largest < limit), 10**9)


def _counts(store: SequenceStore, cut: int) -> np.ndarray:
    """Return how many interactions of every user came up to a cut: [U] int64."""
    assert store.times is not None
    return np.bincount(store.rows[store.times <= cut], minlength=store.num_users)


def _cases(starts: np.ndarray, stops: np.ndarray, target: Target) -> CaseList:
    """Return the targets among items ``starts`` to ``stops`` of every user ([U] each)."""
    counts = stops - starts
    rows = np.repeat(np.arange(len(counts)), counts)
    ends = starts[rows] + np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)
    chosen = {
        "first": ends == starts[rows],
        "last": ends == stops[rows] - 1,
        "all": np.ones(len(rows), dtype=bool),
    }[target]
    kept = chosen & (ends > 0)
    return CaseList(rows[kept], ends[kept])


def _news(store: SequenceStore, name: str, cut: int, end: int) -> dict[str, int]:
    """Count the users and items that come between two moments and were not there before."""
    assert store.times is not None
    before = store.times <= cut
    after = ~before & (store.times <= end)

    def new(numbers: np.ndarray) -> int:
        return len(np.setdiff1d(numbers[after], numbers[before]))

    return {f"new_{name}_users": new(store.rows), f"new_{name}_items": new(store.items)}


@hookimpl
def register_splitters(register):
    """Offer ``time_split``."""
    register("time_split", TimeSplit)
