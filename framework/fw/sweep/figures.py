"""What a sweep found: one record for each row and metric, as a data frame.

Columns: ``protocol``, ``metric``, ``row``; ``seeds``, the ``mean`` over them and its ``sd`` on
test; ``validation`` and ``validation_sd`` of the metric that selected; ``difference`` to the
baseline, paired over cases, with its interval ``low`` to ``high``, the p-value of no difference
(Holm's, over the rows of a metric) and ``covers``: "users and seeds", or "users" where too few
seeds say nothing of how far seeds move the metric; ``verdict`` as in ``fw compare`` and
``inside_noise``; ``seconds_per_epoch`` and whether that was measured ``side_by_side`` with others.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pandas as pd

from fw.comparison.arms import Arm
from fw.comparison.chance import CONFIDENCE
from fw.comparison.checks import obstacles, wanted_metrics
from fw.comparison.finished import Finished
from fw.comparison.plain import arm_summary
from fw.comparison.rows import Pair, Row, make_rows
from fw.sweep.outline import Outline


@attrs.frozen(kw_only=True, eq=False)
class Findings:
    """The rows that have results, in their order, and which the others are compared with."""

    sweep: Outline
    arms: tuple[Arm, ...]

    @classmethod
    def gather(cls, folder: Path, sweep: Outline) -> Findings:
        """Read the results that there are; a row without any is left out."""
        done: dict[str, list[Finished]] = {row: [] for row in sweep.rows}
        for row, name in sweep.runs():
            if (folder / name / "result.json").exists():
                done[row].append(Finished.open(folder / name, name))
        arms = (Arm(name=name, runs=tuple(runs)) for name, runs in done.items() if runs)
        return cls(sweep=sweep, arms=tuple(arms))

    @property
    def baseline(self) -> Arm | None:
        """The row that others are compared with, if it has a result."""
        return next((arm for arm in self.arms if arm.name == self.sweep.baseline), None)

    @property
    def strangers(self) -> list[str]:
        """Rows on other data than the baseline, so that no cases can be paired."""
        first = self.baseline or self.arms[0]
        others = (arm for arm in self.arms if arm is not first)
        return [a.name for a in others if obstacles([first.first, a.first], protocols=False)]

    @property
    def monitor(self) -> str:
        """What selected the weights: ``"valid/<protocol>/<metric>"``."""
        return str((self.baseline or self.arms[0]).first.result["monitor"])

    @property
    def protocol(self) -> str:
        """The protocol under which weights were selected."""
        return self.monitor.split("/")[1]

    @property
    def metrics(self) -> list[Pair]:
        """Hit rate and NDCG at 10 of each protocol, and what selected; its protocol comes first."""
        main = ("test", self.monitor.partition("/")[2])
        usual = wanted_metrics([run for arm in self.arms for run in arm.runs], ())
        shared = usual if main in usual else [main, *usual]
        return sorted(shared, key=lambda pair: pair[1].partition("/")[0] != self.protocol)

    def frame(self) -> pd.DataFrame:
        """Return all records."""
        return pd.DataFrame([one for pair in self.metrics for one in self._records(pair)])

    def _records(self, pair: Pair) -> Iterator[dict[str, Any]]:
        compared = {row.arm: row for row in self._rows(pair)}
        protocol, _, metric = pair[1].partition("/")
        for arm in self.arms:
            summary = arm_summary(arm, pair)
            yield {
                "protocol": protocol,
                "metric": metric,
                "row": arm.name,
                "seeds": len(arm.runs),
                "mean": summary["value"],
                "sd": summary["sd_between_seeds"],
                **self.validation(arm),
                **_difference(compared.get(arm.name)),
                **_seconds(arm),
            }

    def _rows(self, pair: Pair) -> list[Row]:
        baseline, strangers = self.baseline, self.strangers
        if baseline is None:
            return []
        others = [a for a in self.arms if a is not baseline and a.name not in strangers]
        return make_rows([baseline, *others], [pair], None, comparable=True)

    def validation(self, arm: Arm) -> dict[str, float | None]:
        """Return a row's mean of what selected, and its standard deviation between seeds."""
        found = [run.result["metrics"].get(self.monitor, {}).get("value") for run in arm.runs]
        values = [value for value in found if value is not None]
        return {
            "validation": statistics.fmean(values) if values else None,
            "validation_sd": statistics.stdev(values) if len(values) > 1 else None,
        }


def _difference(row: Row | None) -> dict[str, Any]:
    """Say how a row differs; beyond chance among users, with seeds unknown, is no noise yet."""
    if row is None:
        names = ("difference", "low", "high", "p_adjusted", "covers", "verdict", "inside_noise")
        return dict.fromkeys(names)
    low, high = (row.total or row.users).interval
    among_users = row.total is None and row.p_adjusted > 1 - CONFIDENCE
    return {
        "difference": row.difference,
        "low": low,
        "high": high,
        "p_adjusted": row.p_adjusted,
        "covers": "users and seeds" if row.total else "users",
        "verdict": row.verdict,
        "inside_noise": row.verdict == "inside_noise" or among_users,
    }


def _seconds(arm: Arm) -> dict[str, Any]:
    """Return the median over the runs that had the machine to themselves, or else over all.

    It is None where nothing was trained.
    """
    times: dict[bool, list[float]] = {False: [], True: []}
    for run in arm.runs:
        if (seconds := run.result["timing"]["seconds_per_epoch"]) is not None:
            times[bool(run.environment.get("side_by_side", False))].append(seconds)
    shared = bool(times[True]) and not times[False]
    found = times[shared]
    return {
        "seconds_per_epoch": statistics.median(found) if found else None,
        "side_by_side": shared,
    }


def best_by_validation(arms: Sequence[str], frame: pd.DataFrame) -> str | None:
    """Return the row that validation likes best."""
    values = frame.drop_duplicates("row").set_index("row")["validation"].reindex(list(arms))
    return None if values.isna().all() else str(values.idxmax())
