"""A comparison as plain values, for JSON."""

from __future__ import annotations

import math
from typing import Any

import attrs

from fw.comparison.arms import Arm
from fw.comparison.chance import Chance
from fw.comparison.compare import Comparison
from fw.comparison.rows import Pair, Row, mean_of
from fw.comparison.words import notes, words
from fw.ranking import Metric


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values; a number that is not finite is None."""
    found = {
        "comparable": not comparison.problems,
        "problems": list(comparison.problems),
        "baseline": comparison.arms[0].name,
        "arms": [_arm(comparison, arm) for arm in comparison.arms],
        "rows": [_row(row) for row in comparison.rows],
        "notes": notes(comparison),
    }
    plain: dict[str, Any] = _finite(found)
    return plain


def arm_summary(arm: Arm, pair: Pair) -> dict[str, Any]:
    """Return an arm's mean by a metric, its standard error over users, and how its seeds differ."""
    matrix = arm.matrix(*pair)
    means = matrix.mean(axis=1)
    return {
        **_metric(mean_of(matrix)),
        "by_seed": {str(run.seed): float(mean) for run, mean in zip(arm.runs, means, strict=True)},
        "sd_between_seeds": float(means.std(ddof=1)) if len(means) > 1 else None,
        "num_users": matrix.shape[1],
    }


def _arm(comparison: Comparison, arm: Arm) -> dict[str, Any]:
    return {
        "name": arm.name,
        "runs": [str(run.path) for run in arm.runs],
        "seeds": [run.seed for run in arm.runs],
        "differs_from_baseline": {
            change.key: [change.left, change.right] for change in comparison.changes(arm)
        },
        "metrics": {"/".join(pair): arm_summary(arm, pair) for pair in comparison.metrics},
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "arm": row.arm,
        "verdict": row.verdict,
        "words": words(row),
        "num_users": row.num_users,
        "seeds": {"baseline": row.seeds[0], "arm": row.seeds[1]},
        "baseline": _metric(row.baseline),
        "value": _metric(row.value),
        "difference": row.difference,
        "p_value": row.p_value,
        "p_adjusted": row.p_adjusted,
        "users": _chance(row.users),
        "users_and_seeds": None if row.total is None else _chance(row.total),
        "unpaired_standard_error": row.unpaired_standard_error,
        "seed_spread": row.seed_spread,
        "seeds_to_decide": row.seeds_to_decide,
    }


def _metric(metric: Metric) -> dict[str, float]:
    return {"value": metric.value, "standard_error": metric.standard_error}


def _chance(chance: Chance) -> dict[str, Any]:
    return {**attrs.asdict(chance), "interval": list(chance.interval)}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
