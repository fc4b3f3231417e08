"""``fw compare``: are finished runs different, or is it chance?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fw.cli.common import (
    force_option,
    json_option,
    make_table,
    metric_option,
    seed_spread_option,
    show,
)

if TYPE_CHECKING:
    from fw.comparison.compare import Comparison
    from fw.comparison.rows import Row

_VERDICTS = {"different": "DIFFERENT", "inside_noise": "inside noise", "undecided": "undecided"}


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@metric_option
@force_option
@seed_spread_option
@json_option
def command(
    runs: tuple[Path, ...],
    metrics: tuple[str, ...],
    force: bool,
    seed_spread: float | None,
    as_json: bool,
) -> None:
    """Compare finished runs; the first is the baseline.

    Runs that differ in nothing but their seed are one arm. Users are paired; chance among users and
    among seeds are kept apart, and both count. A verdict is withheld where nothing is known of how
    far seeds move a metric.
    """
    from fw.comparison import plain
    from fw.comparison.compare import compare

    found = compare(runs, metrics=metrics, force=force, seed_spread=seed_spread)
    if as_json:
        click.echo(json.dumps(plain.as_json(found), indent=2, allow_nan=False))
    else:
        _show(found)


def _show(found: Comparison) -> None:
    from fw.comparison.words import notes, words

    headings = ("metric", "arm", "seeds", "mean", "s.e. of users", "s.d. of seeds")
    show(make_table(headings, _arm_lines(found)))
    if found.rows:
        columns = ("metric", "arm", "difference", "95% interval", "p", "verdict")
        show(make_table(columns, map(_line, found.rows)))
        show(*(f"{row.metric}, {row.arm}: {words(row)}" for row in found.rows))
    show("", *notes(found))


def _arm_lines(found: Comparison) -> Iterator[tuple[str, ...]]:
    from fw.comparison.plain import arm_summary

    for pair in found.metrics:
        for arm in found.arms:
            summary = arm_summary(arm, pair)
            spread = summary["sd_between_seeds"]
            yield (
                "/".join(pair),
                arm.name,
                ", ".join(str(run.seed) for run in arm.runs),
                f"{summary['value']:.4f}",
                f"{summary['standard_error']:.4f}",
                "-" if spread is None else f"{spread:.4f}",
            )


def _line(row: Row) -> tuple[str, ...]:
    chance = row.total or row.users
    low, high = chance.interval
    interval = f"{low:+.4f} to {high:+.4f}"
    return (
        row.metric,
        row.arm,
        f"{row.difference:+.4f}",
        interval if row.total else f"{interval} (users)",
        f"{row.p_adjusted:.2g}",
        _VERDICTS[row.verdict],
    )
