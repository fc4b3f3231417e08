"""The results of finished runs: values, differences to the baseline, marks, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from fw.comparison.arms import Arm
from fw.comparison.compare import Comparison
from fw.comparison.plain import arm_summary
from fw.comparison.rows import Pair
from fw.comparison.rows import Row as Compared
from fw.comparison.words import cautions, words
from fw.report import intervals
from fw.report.intervals import LEGEND, MARKS, Difference
from fw.report.numbers import UNKNOWN, metric
from fw.report.parts import Figure, Folded, Notes, Part, Section, Table
from fw.report.references import references, remarks
from fw.report.runs import Row


def section(rows: Sequence[Row], found: Comparison | None) -> Section:
    """Show what ``fw compare`` says of the finished runs, or that there are none."""
    if found is None:
        parts: list[Part] = [Notes(lines=["No run is finished: there are no results yet."])]
    else:
        parts = [*_Results(rows=rows, found=found).parts()]
    return Section(title="Results", parts=parts)


@attrs.frozen(kw_only=True, eq=False)
class _Results:
    rows: Sequence[Row]
    found: Comparison

    def parts(self) -> Iterator[Part]:
        found = self.found
        if urgent := [
            *(f"NOT COMPARABLE: {text}" for text in found.problems),
            *remarks(found.arms, found.metrics),
        ]:
            yield Notes(lines=urgent, urgent=True)
        yield from (self._table(*one) for one in self._by_protocol().items())
        if found.rows:
            yield Notes(lines=[LEGEND, *cautions(found)])
            yield from (self._figure(pair) for pair in found.metrics)
            yield Folded(title="Every verdict in words", parts=[self._verdicts()])

    def _by_protocol(self) -> dict[str, list[Pair]]:
        by_protocol: dict[str, list[Pair]] = {}
        for pair in self.found.metrics:
            by_protocol.setdefault(pair[1].partition("/")[0], []).append(pair)
        return by_protocol

    def _table(self, protocol: str, pairs: Sequence[Pair]) -> Table:
        headings = [text for pair in pairs for text in self._headings(pair)]
        return Table(
            caption=f"{protocol}: mean ± standard error over users",
            headings=("row", "seeds", *headings),
            lines=[
                *(self._line(arm, pairs) for arm in self.found.arms),
                *self._references(pairs),
            ],
        )

    def _headings(self, pair: Pair) -> tuple[str, ...]:
        name = f"{pair[0]} {pair[1].partition('/')[2]}"
        return (name, f"difference in {name}") if self.found.rows else (name,)

    def _line(self, arm: Arm, pairs: Sequence[Pair]) -> tuple[str, ...]:
        seeds = ", ".join(str(run.seed) for run in arm.runs)
        cells = [text for pair in pairs for text in self._cells(arm, pair)]
        baseline = " (baseline)" if self.found.rows and arm is self.found.arms[0] else ""
        return (f"{row_of(arm, self.rows).name}{baseline}", seeds, *cells)

    def _cells(self, arm: Arm, pair: Pair) -> tuple[str, ...]:
        summary = arm_summary(arm, pair)
        value = metric(summary["value"], summary["standard_error"])
        if not self.found.rows:
            return (value,)
        return value, next((str(one) for one in self._differences(pair, arm)), UNKNOWN)

    def _references(self, pairs: Sequence[Pair]) -> Iterator[tuple[str, ...]]:
        """Yield a line for each scorer without training."""
        empty = (UNKNOWN,) if self.found.rows else ()
        for name, scores in references(self.found.arms[0].first).items():
            known = [scores.get("/".join(pair), {}) for pair in pairs]
            values = [metric(one.get("value"), one.get("standard_error")) for one in known]
            yield f"({name})", UNKNOWN, *(text for value in values for text in (value, *empty))

    def _differences(self, pair: Pair, arm: Arm | None = None) -> Iterator[Difference]:
        """Yield how each arm differs from the baseline by a metric, or a single one."""
        arms = {one.name: one for one in self.found.arms}
        for row in self.found.rows:
            if row.metric == "/".join(pair) and arm in (None, arms[row.arm]):
                yield self._difference(row, arms[row.arm])

    def _difference(self, row: Compared, arm: Arm) -> Difference:
        low, high = (row.total or row.users).interval
        return Difference(
            row=row_of(arm, self.rows).name,
            number=row_of(arm, self.rows).number,
            value=row.difference,
            low=low,
            high=high,
            p_adjusted=row.p_adjusted,
            mark=f"{MARKS[row.verdict]}{'' if row.total else ' (users)'}",
        )

    def _figure(self, pair: Pair) -> Figure:
        baseline = row_of(self.found.arms[0], self.rows).name
        return intervals.figure("/".join(pair), baseline, [*self._differences(pair)])

    def _verdicts(self) -> Table:
        return Table(
            caption="What is different, what is chance, and what would settle it",
            headings=("metric", "row", "verdict"),
            lines=[(row.metric, row.arm, words(row)) for row in self.found.rows],
            numbers=False,
        )


def row_of(arm: Arm, rows: Sequence[Row]) -> Row:
    """Return the row that an arm of the comparison is on the page."""
    path = arm.first.path
    return next(row for row in rows if path in [run.begun.path for run in row.runs])
