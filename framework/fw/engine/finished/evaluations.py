"""Scoring a finished run under further protocols, and keeping count of the looks at the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pandas as pd

from fw.engine.build import make
from fw.engine.display import Rows
from fw.engine.evaluating import results
from fw.engine.evaluating.protocols import choose_protocols, known_protocols
from fw.engine.folders.folder import RunFolder
from fw.engine.restore import Restored, restore
from fw.errors import UserError
from fw.parquet import read_frame

CONTENT, CASES = "evaluations.json", "evaluations.parquet"


@attrs.frozen(kw_only=True, eq=False)
class Evaluation:
    """What was found now (``rows``), and all that ``evaluations.json`` holds after it."""

    folder: Path
    rows: Rows
    content: dict[str, Any]


def evaluate_run(
    path: Path | str,
    *,
    protocols: Sequence[str] = (),
    overrides: Sequence[str] = (),
    device: str = "auto",
    data: Path | str | None = None,
    warn: Callable[[str], None] = print,
) -> Evaluation:
    """Score a finished run's best weights under ``protocols``, or under all that are known.

    ``overrides``, as after ``--set``, may change the recipe's evaluators.
    What is found is added to ``evaluations.json`` in the run folder, and the values of every case
    to ``evaluations.parquet``. Every call is one more look at the test cases. Raises what
    :func:`fw.engine.restore.restore` raises, and UserError for an unknown protocol.
    """
    _require_evaluators(overrides)
    run = restore(path, device=device, data=data, warn=warn, overrides=overrides)
    chosen = choose_protocols(known_protocols(run.recipe, run.registry), protocols)
    built = {name: make(one, run.parts.info, run.recipe.seed) for name, one in chosen.items()}
    exam = attrs.evolve(run.parts.exam, evaluators=built)
    scores = exam.score_all(run.parts.step)
    rows: Rows = {"model": scores, **exam.score_baselines(run.data.split)}
    with run.folder.owned():
        # The cases first: a metric that is listed has them, whenever this is broken off.
        _keep_cases(run.folder, results.ranks_frame(run.data.split, exam.case_lists, scores))
        content = _add(run, rows)
    return Evaluation(folder=run.folder.path, rows=rows, content=content)


def _require_evaluators(overrides: Sequence[str]) -> None:
    for override in overrides:
        if not override.lstrip().startswith("evaluators"):
            raise UserError(
                f"--set {override}: of a finished run only evaluators can be changed\n"
                "    such as --set 'evaluators.0.cutoffs=[10, 50]'"
            )


def _add(run: Restored, rows: Rows) -> dict[str, Any]:
    """Add what was found to what was found before; a protocol scored again replaces itself."""
    before = _before(run)
    model = rows["model"]
    baselines = {name: results.as_json(found) for name, found in rows.items() if name != "model"}
    look = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "protocols": [*model["test"]]}
    content = {
        "metrics": {**before["metrics"], **results.as_json(model)},
        "baselines": {
            name: {**before["baselines"].get(name, {}), **found}
            for name, found in baselines.items()
        },
        "notes": {**before["notes"], **results.notes(model)},
        "test_looks": before["test_looks"] + 1,
        "looks": [*before["looks"], look],
    }
    run.folder.write_json(CONTENT, content)
    return content


def _before(run: Restored) -> dict[str, Any]:
    if (run.folder.path / CONTENT).exists():
        found: dict[str, Any] = run.folder.read_json(CONTENT)
        return found
    empty: dict[str, Any] = {"metrics": {}, "baselines": {}, "notes": {}, "looks": []}
    return {**empty, "test_looks": run.result["test_looks"]}


def _keep_cases(folder: RunFolder, frame: pd.DataFrame) -> None:
    path = folder.path / CASES
    if path.exists():
        before = read_frame(path)
        older = [column for column in before.columns if column not in frame.columns]
        frame = pd.concat([frame, before[older]], axis=1)
    folder.write_ranks(frame, CASES)
