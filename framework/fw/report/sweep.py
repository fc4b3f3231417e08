"""The results of a sweep: its table, differences to the baseline, and ratio against metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from fw.report import intervals
from fw.report.diagnostics import is_contrastive
from fw.report.intervals import Difference
from fw.report.parts import Figure, Folded, Notes, Part, Section, Table
from fw.report.ratios import ratio_figures
from fw.report.references import remarks
from fw.report.runs import Row
from fw.sweep.figures import Findings
from fw.sweep.table import SweepTable, mark


def section(rows: Sequence[Row], findings: Findings) -> Section:
    """Show what ``fw sweep`` found, or that it has found nothing yet."""
    if not findings.arms:
        parts: list[Part] = [Notes(lines=["No run is finished: there are no results yet."])]
    else:
        parts = [*_parts(rows, findings)]
    return Section(title="Results", parts=parts)


def _parts(rows: Sequence[Row], findings: Findings) -> Iterator[Part]:
    table = SweepTable(findings)
    if urgent := [*remarks(findings.arms, findings.metrics)]:
        yield Notes(lines=urgent, urgent=True)
    tables = [_table(*one) for one in table.by_protocol().items()]
    yield tables[0]
    yield Notes(lines=table.notes())
    yield from ratio_figures(findings, {row.name for row in rows if is_contrastive(row)})
    figures = [*_figures(rows, findings, table.frame)]
    shown = [one for one in figures if one.title.startswith(f"test/{findings.protocol}/")]
    yield from shown
    others: list[Part] = [*tables[1:], *(one for one in figures if one not in shown)]
    if others:
        yield Folded(title="Results under other protocols", parts=others)


def _table(protocol: str, cells: pd.DataFrame) -> Table:
    return Table(
        caption=f"{protocol}: means over seeds ± their standard deviation",
        headings=list(cells.columns),
        lines=[tuple(map(str, line)) for line in cells.itertuples(index=False)],
    )


def _figures(rows: Sequence[Row], findings: Findings, frame: pd.DataFrame) -> Iterator[Figure]:
    """Yield a figure for each metric by which rows differ from the baseline."""
    numbers = {row.name: row.number for row in rows}
    for pair in findings.metrics:
        protocol, _, metric = pair[1].partition("/")
        chosen = frame[(frame["protocol"] == protocol) & (frame["metric"] == metric)]
        records = chosen.dropna(subset=["difference"]).to_dict("records")
        found = [_difference(one, numbers[one["row"]]) for one in records]
        if found:
            yield intervals.figure("/".join(pair), findings.sweep.baseline, found)


def _difference(one: dict[Any, Any], number: int) -> Difference:
    return Difference(
        row=one["row"],
        number=number,
        value=one["difference"],
        low=one["low"],
        high=one["high"],
        p_adjusted=one["p_adjusted"],
        mark=mark(one),
    )
