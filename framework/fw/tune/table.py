"""What a search found: a row a trial, as Markdown and CSV, with its notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pandas as pd

from fw.engine.folders.files import write_text
from fw.engine.folders.folder import RunFolder
from fw.sweep.outline import run_name
from fw.tune.plan import Search
from fw.tune.study import Study, error_of

_STATES = ("complete", "pruned", "running", "fail")  # in the order of the table


@attrs.frozen(kw_only=True, eq=False)
class TuneTable:
    """The trials of a search, best first; those without a whole run after them."""

    search: Search
    study: Study
    folder: Path

    def frame(self) -> pd.DataFrame:
        """Return all trials: number, state, validation, best epoch, epochs, seconds, parameters."""
        records = [self._record(trial.number) for trial in self.study.trials]
        frame = pd.DataFrame(records)
        order = frame["state"].map(_STATES.index)
        by = pd.DataFrame({"state": order, "value": -frame["validation"].astype(float)})
        return frame.loc[by.sort_values(["state", "value"], kind="stable").index]

    def _record(self, number: int) -> dict[str, Any]:
        trial = self.study.trials[number]
        lines = self.run(number).lines()
        values = {line["epoch"]: line["metrics"].get(self.search.monitor) for line in lines}
        known = {epoch: value for epoch, value in values.items() if value is not None}
        return {
            "trial": number,
            "state": trial.state.name.lower(),
            "validation": trial.value,
            "best epoch": max(known, key=lambda epoch: known[epoch], default=None),
            "epochs": len(lines),
            "seconds": sum(line["seconds"] for line in lines),
            **trial.params,
        }

    def run(self, number: int) -> RunFolder:
        """Return the run folder of a trial, which it may not have."""
        return RunFolder(self.folder / run_name(f"trial {number}", self.search.recipe.seed))

    def shown(self) -> pd.DataFrame:
        """Return the table of texts that a reader sees."""
        frame = self.frame().astype(object)
        return pd.DataFrame({name: frame[name].map(_formats(str(name))) for name in frame})

    def on_screen(self) -> pd.DataFrame:
        """Return :meth:`shown` with the parameters in one column, as after ``--set``.

        A column for each would break words in the width of a terminal.
        """
        cells = self.shown()
        keys = [parameter.key for parameter in self.search.parameters]
        pairs = [
            " ".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            for values in cells[keys].itertuples(index=False)
        ]
        return cells.drop(columns=keys).assign(parameters=pairs)

    def notes(self) -> list[str]:
        """Return what a reader must know beside the numbers."""
        return [*_notes(self)]

    def write(self) -> list[Path]:
        """Write ``table.md`` and ``table.csv``; returns their paths."""
        markdown = self.shown().to_markdown(index=False, disable_numparse=True)
        notes = "\n".join(f"- {note}" for note in self.notes())
        texts = {
            "md": f"# {self.search.name}\n\n{markdown}\n\n{notes}\n",
            "csv": self.frame().to_csv(index=False),
        }
        paths = [self.folder / f"table.{ending}" for ending in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            write_text(path, text)
        return paths

    def tested(self) -> dict[int, dict[str, Any]]:
        """Return the results of the trials whose test cases have been looked at, by number."""
        results = {}
        for trial in self.study.trials:
            folder = self.run(trial.number)
            if (folder.path / "result.json").exists():
                results[trial.number] = folder.read_json("result.json")
        return {number: one for number, one in results.items() if one["test_looks"]}


def _notes(table: TuneTable) -> Iterator[str]:
    study, search = table.study, table.search
    states = [trial.state.name.lower() for trial in study.trials]
    counts = ", ".join(f"{states.count(s)} {s}" for s in _STATES if s in states)
    yield f"{len(states)} of {search.keys.trials} trials: {counts}. Selected by {search.monitor}."
    for trial in study.trials:
        if trial.state.name == "FAIL":
            yield f"Trial {trial.number} failed: {' '.join(error_of(trial).split())}"
    best = study.best
    if best is not None:
        yield (
            f"Best of {states.count('complete')} whole trials by validation: trial {best.number}, "
            f"{best.values[0]:.4f}. The best of many is so in part by luck: confirm it with "
            "further seeds, and do not choose by test."
        )
    for number, result in table.tested().items():
        values = ", ".join(_tested(result, search.monitor))
        yield f"Test, scored once, of trial {number}: {values}."


def _tested(result: dict[str, Any], monitor: str) -> Iterator[str]:
    """Say hit rate and NDCG at 10 under the protocol that selects, or what selected itself."""
    protocol = monitor.split("/")[1]
    own = monitor.replace("valid/", "test/", 1)
    usual = [f"test/{protocol}/{metric}" for metric in ("hr@10", "ndcg@10")]
    for name in dict.fromkeys([*usual, own]):
        entry = result["metrics"].get(name)
        if entry is not None and entry["value"] is not None:
            error = entry["standard_error"]
            spread = "" if error is None else f" ± {error:.4f}"
            yield f"{name.removeprefix('test/')} {entry['value']:.4f}{spread}"


def _formats(column: str) -> Any:
    formats = {"validation": "{:.4f}", "seconds": "{:.0f}", "best epoch": "{:.0f}"}

    def text(value: Any) -> str:
        if pd.isna(value):
            return "-"
        if column in formats:
            return formats[column].format(value)
        return f"{value:.4g}" if isinstance(value, float) else str(value)

    return text
