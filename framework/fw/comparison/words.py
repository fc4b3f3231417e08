"""A comparison in words: what each verdict means, and what to beware of."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from fw.beyond_accuracy import LIST_METRICS
from fw.comparison.chance import CONFIDENCE
from fw.comparison.compare import Comparison
from fw.comparison.rows import Row
from fw.comparison.seeds import luck_of_the_best

_ALPHA = 1 - CONFIDENCE


def words(row: Row) -> str:
    """Say a row's verdict, why, and what would settle what is open."""
    if row.total is None:
        return _unknown_spread(row)
    if row.verdict == "undecided":
        return "undecided: the runs are not comparable"
    interval = (
        f"{CONFIDENCE:.0%} interval {row.total.interval[0]:+.4f} to {row.total.interval[1]:+.4f}"
    )
    if row.verdict == "different":
        return f"different: {_direction(row)} by {abs(row.difference):.4f} ({interval})"
    return f"inside noise: {interval}; {_seeds(row)}"


def _direction(row: Row) -> str:
    metric = row.metric.rpartition("/")[2].partition("@")[0]
    sides = ("higher", "lower") if metric in LIST_METRICS else ("better", "worse")
    return sides[0] if row.difference > 0 else sides[1]


def _unknown_spread(row: Row) -> str:
    text = "undecided: one run of an arm, and how far seeds move the metric is not known"
    if row.users.p_value > _ALPHA:
        text += f"; chance among users alone explains the difference (p = {row.users.p_value:.2g})"
    return f"{text}; {_seeds(row)}; or state the spread with --seed-spread"


def _seeds(row: Row) -> str:
    if row.seeds_to_decide is None:
        return "no number of seeds decides a difference this small among these users"
    return (
        f"{row.seeds_to_decide} seeds an arm would decide a difference of this size if seeds move "
        f"the metric by {row.seed_spread:.4f}"
    )


def notes(comparison: Comparison) -> list[str]:
    """Return what a reader should know beside the table."""
    return [
        *(f"NOT COMPARABLE: {problem}" for problem in comparison.problems),
        *_on_arms(comparison),
        *cautions(comparison),
    ]


def cautions(comparison: Comparison) -> list[str]:
    """Return what the tests behind the table take into account, and what they do not."""
    return [*_on_tests(comparison), *_on_luck(comparison)]


def _on_arms(comparison: Comparison) -> Iterator[str]:
    baseline, *others = comparison.arms
    if not others:
        yield "one arm: the runs differ in nothing but their seed, so there is nothing to compare"
    for arm in others:
        changes = [str(change) for change in comparison.changes(arm)]
        yield f"{arm.name} differs from {baseline.name}: {'; '.join(changes)}"


def _on_tests(comparison: Comparison) -> Iterator[str]:
    rows = comparison.rows
    if len(rows) > 1:
        yield f"p values are adjusted for {len(rows)} rows (Holm)"
    if any(row.total is None for row in rows):
        yield "intervals marked 'users' leave chance among seeds out"


def _on_luck(comparison: Comparison) -> Iterator[str]:
    for metric in dict.fromkeys(row.metric for row in comparison.rows):
        number, best = comparison.best(metric)
        if number < 2:
            continue
        expected = luck_of_the_best(number) * _row_error(comparison, metric)
        if math.isfinite(expected):
            yield (
                f"best of {number} rows by {metric}: {best.arm}, {best.difference:+.4f}; the best "
                f"of {number} that are in truth equal would be about {expected:+.4f} ahead of them"
            )


def _row_error(comparison: Comparison, metric: str) -> float:
    """Return the standard error of one arm: a difference has the baseline's chance in it too."""
    rows = [row for row in comparison.rows if row.metric == metric]
    errors = [(row.total or row.users).standard_error for row in rows]
    return statistics.median(errors) / math.sqrt(2)
