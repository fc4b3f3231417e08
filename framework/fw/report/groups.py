"""Quality by the length of the history, and by how popular the target is."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import attrs

from fw.comparison.groups import By, GroupResult, results_by_group
from fw.config.suggestions import listed
from fw.errors import RunError
from fw.report.axes import axis
from fw.report.numbers import metric as written
from fw.report.parts import Figure, Folded, Notes, Part, Section, Series, Table
from fw.report.runs import Row, Run

_AXES: dict[By, str] = {
    "length": "items before the target",
    "popularity": "occurrences of the target in training",
}
_TITLES: dict[By, str] = {"length": "history length", "popularity": "target popularity"}


@attrs.frozen(kw_only=True)
class _Group:
    """A row's cases of one group; means over its runs."""

    name: str
    num_cases: int
    value: float
    standard_error: float


_Found: TypeAlias = dict[tuple[str, By], list[_Group]]  # by metric, and by what cases are grouped


def section(rows: Sequence[Row]) -> Section:
    """Show the test results of finished runs, cut into groups of about as many cases."""
    return Section(title="Groups of users and items", parts=[*_parts(rows)])


def _parts(rows: Sequence[Row]) -> Iterator[Part]:
    found, notes = _gathered(rows)
    if not found and not notes:
        notes = ["No run is finished: there are no results yet."]
    if notes:
        yield Notes(lines=notes)
    keys = list(dict.fromkeys(key for _, groups in found for key in groups))
    figures = [_figure(found, *key) for key in keys]
    protocols = list(dict.fromkeys(metric.split("/")[1] for metric, _ in keys))
    main = [f for f, (metric, _) in zip(figures, keys, strict=True) if _is_of(metric, protocols)]
    yield from main
    if len(main) < len(figures):
        others = [figure for figure in figures if figure not in main]
        yield Folded(title="Groups under other protocols", parts=others)


def _is_of(metric: str, protocols: Sequence[str]) -> bool:
    return metric.split("/")[1] == protocols[0]


def _gathered(rows: Sequence[Row]) -> tuple[list[tuple[Row, _Found]], list[str]]:
    """Return what is known of each row with results, and what cannot be shown."""
    finished = [row for row in rows if row.finished]
    known = [(row, groups) for row in finished if (groups := _of_row(row))]
    alike = [(row, groups) for row, groups in known if _names(groups) == _names(known[0][1])]
    notes = []
    if unknown := _without(finished, known):
        notes.append(f"Groups were not kept of {unknown}: fw evaluate RUN adds them.")
    if others := _without([row for row, _ in known], alike):
        notes.append(f"Tested on other cases, so that groups are not the same: {others}.")
    return alike, notes


def _without(rows: Sequence[Row], found: Sequence[tuple[Row, _Found]]) -> str:
    kept = [row for row, _ in found]
    names = [row.name for row in rows if row not in kept]
    return listed(names) if names else ""


def _of_row(row: Row) -> _Found:
    """Return the groups of a row, none where its runs have not kept what is needed."""
    try:
        return _mean([_of_run(run) for run in row.finished])
    except RunError:
        return {}


def _of_run(run: Run) -> dict[tuple[str, By], list[GroupResult]]:
    by_key: dict[tuple[str, By], list[GroupResult]] = {}
    for one in results_by_group(run.begun.path, by=tuple(_AXES)):
        for by in _AXES:
            if one.by == by:
                by_key.setdefault((one.metric, by), []).append(one)
    return by_key


def _mean(runs: Sequence[dict[tuple[str, By], list[GroupResult]]]) -> _Found:
    """Take the runs of a row together, group by group: they have the same cases."""
    return {
        key: [_mean_group([run[key][place] for run in runs]) for place in range(len(groups))]
        for key, groups in runs[0].items()
        if all(key in run for run in runs)
    }


def _mean_group(same: Sequence[GroupResult]) -> _Group:
    return _Group(
        name=same[0].group,
        num_cases=same[0].num_cases,
        value=statistics.fmean(one.result.value for one in same),
        standard_error=statistics.fmean(one.result.standard_error for one in same),
    )


def _names(found: _Found) -> dict[str, list[str]]:
    return {by: [group.name for group in groups] for (_, by), groups in found.items()}


def _figure(found: Sequence[tuple[Row, _Found]], metric: str, by: By) -> Figure:
    known = [(row, groups[metric, by]) for row, groups in found if (metric, by) in groups]
    title = f"{metric} by {_TITLES[by]}"
    return Figure(
        kind="points",
        title=title,
        about="Groups of about as many cases. Error bars: standard error over users.",
        x_title=_AXES[by],
        y_title=axis(metric),
        series=[_series(row, groups) for row, groups in known],
        table=_table(title, _AXES[by], known),
        summary=f"{title}. " + "; ".join(_said(row, groups) for row, groups in known) + ".",
    )


def _series(row: Row, groups: Sequence[_Group]) -> Series:
    return Series(
        row=row.number,
        name=row.name,
        x=[group.name for group in groups],
        y=[group.value for group in groups],
        low=[group.value - group.standard_error for group in groups],
        high=[group.value + group.standard_error for group in groups],
    )


def _table(title: str, axis: str, known: Sequence[tuple[Row, list[_Group]]]) -> Table:
    names = [f"{group.name} ({group.num_cases:,} cases)" for group in known[0][1]]
    return Table(
        caption=f"{title}: mean ± standard error over users",
        headings=("row", *(f"{axis}: {name}" for name in names)),
        lines=[
            (row.name, *(written(group.value, group.standard_error) for group in groups))
            for row, groups in known
        ],
    )


def _said(row: Row, groups: Sequence[_Group]) -> str:
    values = (f"{group.value:.4f} at {group.name}" for group in groups)
    return f"{row.name}: {', '.join(values)}"
