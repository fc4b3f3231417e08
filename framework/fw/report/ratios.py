"""Ratio against metric: how far an augmenter may go, for each pooling."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import attrs

from fw.comparison.arms import Arm
from fw.comparison.plain import arm_summary
from fw.comparison.rows import Pair
from fw.report.axes import axis
from fw.report.numbers import metric as written
from fw.report.parts import Figure, Series, Table
from fw.sweep.figures import Findings

_BASELINE = 15  # grey and dashed


@attrs.frozen(kw_only=True, eq=False)
class _Point:
    augmenter: str
    pooling: str
    ratio: float
    arm: Arm


def ratio_figures(findings: Findings, contrastive: Container[str]) -> Iterator[Figure]:
    """Yield a figure for each augmenter and metric of the protocol that selects.

    ``contrastive`` are the names of the rows that compare views; others have no ratio.
    """
    by_augmenter: dict[str, list[_Point]] = {}
    for point in _points([arm for arm in findings.arms if arm.name in contrastive]):
        by_augmenter.setdefault(point.augmenter, []).append(point)
    for augmenter, points in by_augmenter.items():
        if len({point.ratio for point in points}) > 1:
            for pair in findings.metrics:
                if pair[1].startswith(f"{findings.protocol}/"):
                    yield _figure(augmenter, points, pair, findings.baseline)


def _points(arms: Sequence[Arm]) -> Iterator[_Point]:
    """Yield the rows that have one augmenter with a ratio, and one pooling."""
    for arm in arms:
        for term in _contrastive(arm.first.recipe):
            augmenters, pooling = term.get("augmenters", []), term.get("pooling", {})
            if len(augmenters) == 1 and "ratio" in augmenters[0] and "name" in pooling:
                yield _Point(
                    augmenter=augmenters[0]["name"],
                    pooling=pooling["name"],
                    ratio=augmenters[0]["ratio"],
                    arm=arm,
                )


def _contrastive(recipe: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the augmenters and pooling of the recipe's only loss with views, if it has one."""
    shared = {key: recipe[key] for key in ("augmenters", "pooling") if key in recipe}
    own = [one for one in recipe["losses"] if "augmenters" in one or "pooling" in one]
    found = [{**shared, **one} for one in own] or ([shared] if shared else [])
    return found if len(found) == 1 else []


def _figure(augmenter: str, points: Sequence[_Point], pair: Pair, baseline: Arm | None) -> Figure:
    poolings = list(dict.fromkeys(point.pooling for point in points))
    by_seeds = all(len(point.arm.runs) > 1 for point in points)
    spread = "standard deviation between seeds" if by_seeds else "standard error over users"
    name = f"{pair[0]} {pair[1]}"
    series = [_series(n, p, points, pair, by_seeds) for n, p in enumerate(poolings)]
    legend = dict(enumerate(poolings))
    if baseline is not None:
        series.append(_level(baseline, points, pair))
        legend[_BASELINE] = baseline.name
    return Figure(
        kind="points",
        title=f"{augmenter}: ratio against {name}",
        about=f"Error bars: {spread}.",
        x_title=f"ratio of {augmenter} (share of a history)",
        y_title=axis(pair[1]),
        series=series,
        legend=legend,
        table=_table(augmenter, name, series),
        summary=f"{name} by ratio of {augmenter}. " + "; ".join(map(_said, series)) + ".",
    )


def _series(
    number: int, pooling: str, points: Sequence[_Point], pair: Pair, by_seeds: bool
) -> Series:
    own = sorted((p for p in points if p.pooling == pooling), key=lambda point: point.ratio)
    found = [arm_summary(point.arm, pair) for point in own]
    errors = [one["sd_between_seeds" if by_seeds else "standard_error"] for one in found]
    values = [one["value"] for one in found]
    return Series(
        row=number,
        name=pooling,
        x=[point.ratio for point in own],
        y=values,
        low=[value - error for value, error in zip(values, errors, strict=True)],
        high=[value + error for value, error in zip(values, errors, strict=True)],
    )


def _level(baseline: Arm, points: Sequence[_Point], pair: Pair) -> Series:
    """Draw the baseline, which has no ratio, as a line across."""
    ratios = sorted({point.ratio for point in points})
    values = [arm_summary(baseline, pair)["value"]] * len(ratios)
    return Series(row=_BASELINE, name=baseline.name, x=ratios, y=values)


def _table(augmenter: str, name: str, series: Sequence[Series]) -> Table:
    ratios = sorted({ratio for one in series for ratio in one.x})
    columns = [_by_ratio(one) for one in series]
    return Table(
        caption=f"{name} by ratio of {augmenter}",
        headings=("ratio", *(one.name for one in series)),
        lines=[(f"{ratio:g}", *(column.get(ratio, "-") for column in columns)) for ratio in ratios],
    )


def _by_ratio(series: Series) -> dict[float, str]:
    """Write the points of a series with their errors, where they have any."""
    if not series.high:
        return {x: written(y) for x, y in zip(series.x, series.y, strict=True)}
    points = zip(series.x, series.y, series.high, strict=True)
    return {x: written(y, (high or y) - y) for x, y, high in points}


def _said(series: Series) -> str:
    values = (f"{y:.4f} at {x:g}" for x, y in zip(series.x, series.y, strict=True))
    return f"{series.name}: {', '.join(values)}"
