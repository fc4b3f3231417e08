"""A run's results by group of cases: where a model is good, and where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from fw.comparison.arms import by_user
from fw.comparison.checks import wanted_metrics
from fw.comparison.finished import Finished
from fw.errors import RunError
from fw.expected_ranks import Floats
from fw.metrics import summary
from fw.ranking import Metric

# By how many items came before the target; by how often the target occurs in training; and whether
# it occurs there at all.
By = Literal["length", "popularity", "cold"]
EVERY: tuple[By, ...] = get_args(By)
Integers: TypeAlias = npt.NDArray[np.integer]


@attrs.frozen(kw_only=True)
class GroupResult:
    """A metric over the cases of one group; its standard error is over their users."""

    metric: str  # <split>/<protocol>/<metric>
    by: str  # a By, or "all"
    group: str
    num_cases: int
    result: Metric


def results_by_group(
    path: Path | str,
    *,
    by: Sequence[By] = (),
    metrics: Sequence[str] = (),
    num_groups: int = 4,
) -> list[GroupResult]:
    """Return the metrics of a finished run over all cases, and over every group of them.

    Groups by length and popularity are ``num_groups`` with about as many cases each, fewer where
    many cases are alike. ``metrics`` are named as for ``fw compare``. Raises RunError where the run
    has not kept what is needed, and UserError for an unknown metric.
    """
    run = Finished.open(path)
    found = []
    for split, metric in wanted_metrics([run], metrics):
        values, users = run.values(split, metric), _users(run, split)
        for kind, name, chosen in _groups(_about(run, split), by or EVERY, num_groups):
            result = _mean(values[chosen], users[chosen])
            found.append(
                GroupResult(
                    metric=f"{split}/{metric}",
                    by=kind,
                    group=name,
                    num_cases=int(chosen.sum()),
                    result=result,
                )
            )
    return found


def in_groups(values: Integers, number: int) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    """Cut cases, by a count of each ([C]), into about equal groups: names, and who is in them.

    A value is never cut apart, so there may be fewer groups. They are named by the values that
    occur: ``"3-17"``.
    """
    if not len(values):
        return []
    shares = np.arange(1, number) / number
    edges = np.unique(np.quantile(values, shares, method="lower"))
    places = np.searchsorted(edges, values)
    chosen = [places == place for place in np.unique(places)]
    return [(_span(values[one]), one) for one in chosen]


def _groups(
    cases: pd.DataFrame, by: Sequence[By], number: int
) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    lengths, counts = cases["history_length"].to_numpy(), cases["target_count"].to_numpy()
    cold = counts == 0
    known = {
        "length": in_groups(lengths, number),
        "popularity": in_groups(counts, number),
        "cold": [("cold", cold), ("known", ~cold)],
    }
    yield "all", "all", np.ones(len(cases), dtype=bool)
    for kind in by:
        yield from ((kind, name, chosen) for name, chosen in known[kind] if chosen.any())


def _about(run: Finished, split: str) -> pd.DataFrame:
    about = run.about_cases(split)
    if about is None:
        raise RunError(
            f"{run.path} has not kept the length of its cases' histories and the popularity of "
            f"their targets\n    fw evaluate {run.path} adds them"
        )
    return about


def _users(run: Finished, split: str) -> np.ndarray:
    return run.cases.loc[run.cases["split"] == split, "user"].to_numpy()


def _mean(values: Floats, users: np.ndarray) -> Metric:
    """Return the mean over cases; a user's cases are not independent, so users are the units."""
    return summary(by_user(values, users))


def _span(values: Integers) -> str:
    low, high = values.min(), values.max()
    return f"{low}" if low == high else f"{low}-{high}"
