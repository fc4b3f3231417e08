"""The table of a sweep: one for each protocol, as Markdown, CSV and LaTeX, with its notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from fw.engine.folders.files import write_text
from fw.sweep.figures import Findings, best_by_validation

NOISE, OPEN, BESIDE = "≈", "?", "∥"
_LATEX = {"±": r"$\pm$", NOISE: r"$\approx$", BESIDE: r"$\parallel$"}


class SweepTable:
    """What a sweep found, laid out for a reader."""

    def __init__(self, findings: Findings) -> None:
        self.findings, self.frame = findings, findings.frame()

    def by_protocol(self) -> dict[str, pd.DataFrame]:
        """Return a table of texts for each protocol, that of the selection first."""
        groups = self.frame.groupby("protocol", sort=False)
        return {str(protocol): self._laid_out(group) for protocol, group in groups}

    def notes(self) -> list[str]:
        """Return what a reader must know beside the numbers."""
        return [*_notes(self.findings, self.frame)]

    def write(self, folder: Path) -> list[Path]:
        """Write ``table.md``, ``table.csv`` and ``table.tex``; returns their paths."""
        texts = {
            "md": self._markdown(),
            "csv": self.frame.to_csv(index=False),
            "tex": self._latex(),
        }
        paths = [folder / f"table.{ending}" for ending in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            write_text(path, text)
        return paths

    def _laid_out(self, group: pd.DataFrame) -> pd.DataFrame:
        columns: dict[str, list[str]] = {}
        for metric, records in group.groupby("metric", sort=False):
            rows = records.to_dict("records")
            columns |= self._first_columns(rows) if not columns else {}
            columns[f"test {metric}"] = [_spread(one["mean"], one["sd"]) for one in rows]
            columns[f"difference {metric}"] = [_difference(one) for one in rows]
        columns["s/epoch"] = [_seconds(one) for one in rows]
        return pd.DataFrame(columns)

    def _first_columns(self, rows: list[dict[Any, Any]]) -> dict[str, list[str]]:
        valid = f"valid {self.findings.monitor.rpartition('/')[2]}"
        return {
            "row": [self._name(one["row"]) for one in rows],
            "seeds": [str(one["seeds"]) for one in rows],
            valid: [_spread(one["validation"], one["validation_sd"]) for one in rows],
        }

    def _name(self, row: str) -> str:
        return f"{row} (baseline)" if row == self.findings.sweep.baseline else row

    def _markdown(self) -> str:
        parts = [f"# {self.findings.sweep.name}"]
        for protocol, table in self.by_protocol().items():
            safe = table.map(lambda cell: cell.replace("|", r"\|"))
            parts += [f"## {protocol}", safe.to_markdown(index=False, disable_numparse=True)]
        parts.append("\n".join(f"- {note}" for note in self.notes()))
        return "\n\n".join(parts) + "\n"

    def _latex(self) -> str:
        parts = [f"% {note}" for note in (f"sweep {self.findings.sweep.name}", *self.notes())]
        for protocol, table in self.by_protocol().items():
            text = table.to_latex(index=False, escape=True)
            # A bracket that begins a line would be read as an argument of the line break before.
            text = re.sub(r"^\[", "{[}", text, flags=re.MULTILINE)
            parts.append(f"% {protocol}\n{_replaced(text, _LATEX)}")
        return "\n".join(parts)


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def _missing(value: Any) -> bool:
    return bool(pd.isna(value))


def _spread(mean: Any, sd: Any) -> str:
    if _missing(mean):
        return "-"
    return f"{mean:.4f}" if _missing(sd) else f"{mean:.4f} ± {sd:.4f}"


def _difference(one: Mapping[Any, Any]) -> str:
    if _missing(one["difference"]):
        return "-"
    text = f"{one['difference']:+.4f} [{one['low']:+.4f}, {one['high']:+.4f}] {mark(one)}"
    return text.rstrip()


def mark(one: Mapping[Any, Any]) -> str:
    """Return what stands behind a difference: why it may be none, if it may."""
    return NOISE if one["inside_noise"] else OPEN if one["verdict"] == "undecided" else ""


def _seconds(one: Mapping[Any, Any]) -> str:
    if _missing(one["seconds_per_epoch"]):
        return "-"
    text = f"{one['seconds_per_epoch']:.2f}"
    return f"{text} {BESIDE}" if one["side_by_side"] else text


def _notes(findings: Findings, frame: pd.DataFrame) -> Iterator[str]:
    arms = findings.arms
    yield f"Data: {', '.join(dict.fromkeys(str(arm.first.data['data']) for arm in arms))}."
    yield (
        f"Each run's weights were chosen by {findings.monitor}; test was scored once, with them. "
        "Values are means over seeds ± their standard deviation between seeds."
    )
    yield from _on_differences(findings, frame)
    yield from _on_the_best(findings, frame)
    if frame["side_by_side"].any():
        yield (
            f"{BESIDE}: ran side by side with other runs, so that these seconds per epoch are not "
            "comparable."
        )
    yield from _on_what_is_missing(findings)


def _on_differences(findings: Findings, frame: pd.DataFrame) -> Iterator[str]:
    found = frame.dropna(subset=["difference"])
    if found.empty:
        return
    yield (
        f"Differences are to {findings.sweep.baseline!r}, paired over the test cases, with 95 % "
        f"intervals, each for itself. {NOISE}: inside the noise, judged by p values adjusted for "
        f"the {found['row'].nunique()} rows of a column (Holm), so that a single interval may well "
        "leave 0 out."
    )
    if (found["covers"] == "users").any():
        yield (
            "No row has two seeds: intervals cover the choice of users only, and another seed may "
            f"move a value further. {OPEN}: beyond chance among users, but undecided without "
            "further seeds."
        )


def _on_the_best(findings: Findings, frame: pd.DataFrame) -> Iterator[str]:
    names = [arm.name for arm in findings.arms]
    best = best_by_validation(names, frame)
    if len(names) < 2 or best is None:
        return
    _, protocol, metric = findings.monitor.split("/")
    means = frame.set_index(["row", "protocol", "metric"])["mean"].to_dict()
    yield (
        f"Best of {len(names)} rows by validation: {best!r}, test {metric} "
        f"{means[best, protocol, metric]:.4f}. The best of {len(names)} is so in "
        "part by luck: confirm it with further seeds, and do not choose by test."
    )


def _on_what_is_missing(findings: Findings) -> Iterator[str]:
    if findings.baseline is None:
        yield f"The baseline {findings.sweep.baseline!r} has no result: nothing to compare with."
    for name in findings.strangers:
        yield f"{name!r} was run on other data than the baseline: no difference."
    num_seeds = len(findings.sweep.seeds)
    done = {arm.name: len(arm.runs) for arm in findings.arms}
    for row in findings.sweep.rows:
        if (number := done.get(row, 0)) < num_seeds:
            yield f"{row!r} has {number} of {num_seeds} runs."
