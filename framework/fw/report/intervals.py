"""Differences to a baseline with their intervals, a point a row."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from fw.report.parts import Figure, Series, Table
from fw.sweep.table import NOISE, OPEN

MARKS = {"different": "different", "inside_noise": NOISE, "undecided": OPEN}
LEGEND = (
    f"{NOISE}: inside the noise, chance explains the difference. {OPEN}: undecided, since how far "
    "seeds move the metric is not known, or the runs are not comparable. 'different': chance among "
    "users and seeds does not explain it. Intervals of 95 % stand each for itself; the marks are "
    "adjusted for the number of rows."
)


@attrs.frozen(kw_only=True)
class Difference:
    """How a row differs from the baseline; ``mark`` is what a table shows behind it."""

    row: str
    number: int
    value: float
    low: float
    high: float
    p_adjusted: float
    mark: str

    def __str__(self) -> str:
        interval = f"[{self.low:+.4f}, {self.high:+.4f}]"
        return f"{self.value:+.4f} {interval} {self.mark}".rstrip()


def figure(metric: str, baseline: str, found: Sequence[Difference]) -> Figure:
    """Show the differences of one metric."""
    return Figure(
        kind="intervals",
        title=f"{metric}: difference to {baseline}",
        about="Points with 95 % intervals; right of 0 is higher than the baseline.",
        x_title=f"difference in {metric.rpartition('/')[2]}",
        y_title="",
        series=[_series(one) for one in found],
        table=_table(metric, baseline, found),
        summary=f"Differences in {metric} to {baseline}: "
        + "; ".join(f"{one.row} {one}" for one in found)
        + ".",
    )


def _series(one: Difference) -> Series:
    return Series(
        row=one.number,
        name=f"{one.row} {one.mark}",
        x=[one.value],
        y=[one.row],
        low=[one.low],
        high=[one.high],
    )


def _table(metric: str, baseline: str, found: Sequence[Difference]) -> Table:
    return Table(
        caption=f"{metric}: difference to {baseline} with 95 % interval",
        headings=("row", "difference", "from", "to", "p, adjusted", "mark"),
        lines=[
            (
                one.row,
                *(f"{value:+.4f}" for value in (one.value, one.low, one.high)),
                f"{one.p_adjusted:.2g}",
                one.mark,
            )
            for one in found
        ],
    )
