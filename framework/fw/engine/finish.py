"""The end of a run: the best weights scored, and the result written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fw.data.asked import columns_to_keep
from fw.engine.data import RunData
from fw.engine.display import Rows
from fw.engine.evaluating import results
from fw.engine.evaluating.results import Scores
from fw.engine.exam import Exam
from fw.engine.folders.histories import write_histories
from fw.engine.restore import fit_best_weights
from fw.engine.selection import Selection
from fw.engine.session import Session
from fw.engine.timing import timing


def finish(
    session: Session, exam: Exam, loaded: RunData, state: Selection, load: Mapping[str, Any]
) -> dict[str, Any]:
    """Score the best weights on the exam's splits, beside the baselines; write the result.

    ``load`` is what the machine had to do meanwhile. ``result.json`` is written last: a folder that
    has it is complete.
    """
    with session.watch.during("evaluating"):
        scores = _score_best(session, exam, state)
        rows: Rows = {"model": scores, **exam.score_baselines(loaded.split)}
    return session.peers.from_first(lambda: _write_down(session, exam, loaded, state, load, rows))


def _write_down(
    session: Session,
    exam: Exam,
    loaded: RunData,
    state: Selection,
    load: Mapping[str, Any],
    rows: Rows,
) -> dict[str, Any]:
    """Write all files of the result, and tell of it."""
    folder, reporter, scores = session.folder, session.reporter, rows["model"]
    with session.watch.during("recording"):
        folder.write_ranks(results.ranks_frame(loaded.split, exam.case_lists, scores))
        times, columns = columns_to_keep(session.training_rows.column_names, exam.info.codings)
        write_histories(folder, loaded.split, times=times, columns=columns)
    content = {
        "data": loaded.name,
        "metrics": results.as_json(scores),
        "baselines": {n: results.as_json(s) for n, s in rows.items() if n != "model"},
        "notes": results.notes(scores),
        "monitor": session.training.monitor,
        "best_epoch": state.best_epoch,
        "epochs": state.epoch,
        "test_looks": int("test" in scores),
        "timing": timing(session, state, load),
        "fingerprints": loaded.description["fingerprints"],
        **_final_fit(session),
    }
    folder.write_json("result.json", content)
    session.tracking.end(content)
    reporter.result(rows, content, folder.path)
    return content


def _score_best(session: Session, exam: Exam, state: Selection) -> dict[str, Scores]:
    monitor = session.training.monitor
    if state.best_epoch:
        if session.peers.first:
            fit_best_weights(session.step, session.folder)
        session.peers.alike(session.step)
    elif state.epoch:
        session.reporter.warn(f"{monitor} was never a number; these are the last weights")
    return exam.score_all(session.step)


def _final_fit(session: Session) -> dict[str, int]:
    """Mark the result of a final fit with the epochs that it was to be trained for."""
    epochs = session.training.final_fit
    return {} if epochs is None else {"final_fit": epochs}
