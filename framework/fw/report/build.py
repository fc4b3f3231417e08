"""From run folders, or a sweep's folder, to a page in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from fw.comparison.checks import in_data
from fw.comparison.compare import compare, refusal
from fw.engine.folders.files import write_text
from fw.errors import RunError, UserError
from fw.report import (
    curves,
    diagnostics,
    groups,
    overview,
    provenance,
    recipes,
    results,
    sweep,
    times,
)
from fw.report.page import Page
from fw.report.parts import Section
from fw.report.runs import Row, Run, all_runs, numbered, open_rows
from fw.sweep.figures import Findings
from fw.sweep.outline import FILE, Outline

_SHOWN_AT_FIRST = 8  # rows


def write_report(
    paths: Sequence[Path],
    output: Path,
    *,
    metrics: Sequence[str] = (),
    force: bool = False,
    seed_spread: float | None = None,
) -> None:
    """Write a page about runs, or about the one sweep whose folder ``paths`` names.

    The other arguments are those of :func:`fw.comparison.compare.compare`, and hold for runs alone.
    Raises RunError where a folder is none of a run or sweep, or runs cannot stand in one table.
    """
    sweeps = [path for path in paths if (path / FILE).exists()]
    if not sweeps:
        page = _of_runs(paths, metrics, force, seed_spread)
    elif len(paths) > 1:
        raise UserError(f"{sweeps[0]} is a sweep: it needs a report of its own")
    else:
        page = _of_sweep(sweeps[0])
    write_text(output, page.html())


def _of_runs(
    paths: Sequence[Path], metrics: Sequence[str], force: bool, seed_spread: float | None
) -> Page:
    rows = open_rows(paths)
    runs = all_runs(rows)
    problems = [text for run in runs[1:] for text in in_data(runs[0].begun, run.begun)]
    if problems and not force:
        raise RunError(refusal(problems))
    finished = [run.begun.path for run in runs if run.result is not None]
    if not finished:
        return _page(_title(runs), rows, rows[0], results.section(rows, None))
    found = compare(finished, metrics=metrics, force=force, seed_spread=seed_spread)
    baseline = results.row_of(found.arms[0], rows)
    return _page(_title(runs), rows, baseline, results.section(rows, found))


def _of_sweep(folder: Path) -> Page:
    outline = Outline.read(folder)
    findings = Findings.gather(folder, outline)
    rows = _limited([*_rows(folder, outline)], findings)
    if not rows:
        raise RunError(f"no run of the sweep has begun: {folder.absolute()}")
    baseline = next((row for row in rows if row.name == outline.baseline), rows[0])
    return _page(f"Sweep {outline.name}", rows, baseline, sweep.section(rows, findings))


def _rows(folder: Path, outline: Outline) -> list[Row]:
    """Open every run that has begun, finished or not."""
    by_row: dict[str, list[Run]] = {row: [] for row in outline.rows}
    for row, name in outline.runs():
        if (folder / name / "environment.json").exists():
            by_row[row].append(Run.open(folder / name, name))
    return numbered(by_row.items())


def _limited(rows: list[Row], findings: Findings) -> list[Row]:
    """Of many rows show at first the baseline and those that validation likes best."""
    if len(rows) <= _SHOWN_AT_FIRST or not findings.arms:
        return rows
    values = {arm.name: findings.validation(arm)["validation"] for arm in findings.arms}
    best = sorted(values, key=lambda name: values[name] or 0.0, reverse=True)
    kept = list(dict.fromkeys([findings.sweep.baseline, *best]))[:_SHOWN_AT_FIRST]
    return [attrs.evolve(row, shown=row.name in kept) for row in rows]


def _page(title: str, rows: list[Row], baseline: Row, found: Section) -> Page:
    sections = [
        found,
        overview.section(rows),
        groups.section(rows),
        curves.section(rows),
        diagnostics.section(rows),
        times.section(rows),
        recipes.section(rows, baseline),
        provenance.data_section(rows),
        provenance.environment_section(rows),
    ]
    return Page(title=title, rows=rows, sections=sections)


def _title(runs: Sequence[Run]) -> str:
    return runs[0].name if len(runs) == 1 else f"{runs[0].name} and {len(runs) - 1} more"
