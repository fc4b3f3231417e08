"""What a result is held against: popularity and the like, and what a reader must not miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fw.comparison.arms import Arm
from fw.comparison.finished import Finished
from fw.comparison.rows import Pair, mean_of
from fw.config.suggestions import listed
from fw.engine.finished.evaluations import CONTENT
from fw.engine.folders.folder import RunFolder

Scores = Mapping[str, Mapping[str, float | None]]  # by <split>/<protocol>/<metric>


def references(run: Finished) -> Mapping[str, Scores]:
    """Return how scorers without training did on the data of a run, by their name."""
    found: dict[str, dict[str, Any]] = {}
    for content in _contents(run):
        for name, scores in content.get("baselines", {}).items():
            found.setdefault(name, {}).update(scores)
    return found


def remarks(arms: Sequence[Arm], pairs: Sequence[Pair]) -> Iterator[str]:
    """Say which runs are at the level of chance, and which rows popularity beats."""
    for protocol in dict.fromkeys(metric.partition("/")[0] for _, metric in pairs):
        blind = [run.name for arm in arms for run in arm.runs if _at_chance(run, protocol)]
        if blind:
            yield f"At chance level under {protocol}: {listed(blind)}. Check their inputs."
    for pair in pairs:
        beaten = [arm.first.name for arm in arms if _below_popularity(arm, pair)]
        if beaten:
            yield f"Not better than popularity by {'/'.join(pair)}: {listed(beaten)}."


def _at_chance(run: Finished, protocol: str) -> bool:
    notes = run.result.get("notes", {}).get(f"test/{protocol}", {})
    return bool(notes.get("at_chance_level"))


def _below_popularity(arm: Arm, pair: Pair) -> bool:
    popularity = references(arm.first).get("popularity", {})
    best = popularity.get("/".join(pair), {}).get("value")
    if best is None or _is_as(popularity, arm.first):
        return False
    return mean_of(arm.matrix(*pair)).value <= best


def _is_as(scores: Scores, run: Finished) -> bool:
    """Whether a run has a scorer's every metric: then it is that scorer."""
    metrics = run.result["metrics"]
    return all(scores.get(name) == found for name, found in metrics.items())


def _contents(run: Finished) -> Iterator[Mapping[str, Any]]:
    yield run.result
    folder = RunFolder(run.path)
    if (folder.path / CONTENT).exists():
        yield folder.read_json(CONTENT)
