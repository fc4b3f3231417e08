"""The comparison of finished runs: arms, rows, and what a reader must know beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from fw.comparison.arms import Arm, group
from fw.comparison.checks import obstacles, wanted_metrics
from fw.comparison.differences import Difference, differences
from fw.comparison.finished import open_all
from fw.comparison.rows import Pair, Row, make_rows
from fw.errors import RunError


@attrs.frozen(kw_only=True, eq=False)
class Comparison:
    """Arms, the first of which is the baseline, and a row for each other arm and metric.

    ``problems`` say why the numbers should not stand in one table; empty unless that was forced.
    """

    arms: tuple[Arm, ...]
    metrics: tuple[Pair, ...]
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()

    def changes(self, arm: Arm) -> list[Difference]:
        """Return in what an arm differs from the baseline: recipe, and versions of plugins."""
        first, other = self.arms[0].first, arm.first
        found = [
            *differences(dict(first.recipe), dict(other.recipe)),
            *differences(first.versions, other.versions, "version"),
        ]
        return [one for one in found if one.key != "seed"]

    def best(self, metric: str) -> tuple[int, Row]:
        """Return how many rows there are of a metric, and the best of them."""
        rows = [row for row in self.rows if row.metric == metric]
        return len(rows), max(rows, key=lambda row: row.difference)


def compare(
    paths: Sequence[Path | str],
    *,
    metrics: Sequence[str] = (),
    force: bool = False,
    seed_spread: float | None = None,
) -> Comparison:
    """Compare finished runs; those that differ only in seed are one arm, the first the baseline.

    ``metrics`` are named as :func:`fw.comparison.checks.wanted_metrics` says; ``seed_spread`` is
    the standard deviation of a metric between seeds, for arms of a single run. Raises RunError
    where the runs were not about the same data, split and protocols, unless ``force`` is given: no
    row then gets a verdict.
    """
    runs = open_all(paths)
    arms = group(runs)
    problems = obstacles(runs, protocols=not metrics)
    if problems and not force:
        raise RunError(refusal(problems))
    wanted = wanted_metrics(runs, metrics)
    rows = make_rows(arms, wanted, seed_spread, comparable=not problems)
    return Comparison(
        arms=tuple(arms), metrics=tuple(wanted), rows=tuple(rows), problems=tuple(problems)
    )


def refusal(problems: Sequence[str]) -> str:
    """Say why runs cannot be compared, and what can be done about it."""
    hint = "--force shows them side by side all the same, without a verdict"
    if any(problem.startswith("protocols") for problem in problems):
        hint = (
            "fw evaluate RUN -P PROTOCOL scores a run under a further protocol; --metric compares "
            f"what is shared\n    {hint}"
        )
    return "\n    ".join(["these runs cannot be compared", *problems, hint])
