"""``fw groups``: the results of a run by group of cases."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import json_option, make_table, run_argument, show

if TYPE_CHECKING:
    from fw.comparison.groups import By, GroupResult


@click.command()
@run_argument
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["length", "popularity", "cold"]),
    help="What cases are grouped by: the length of the history, how often the target occurs in "
    "training, whether it does at all. Repeatable. Default: each of them.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="ndcg@10, full-seen-out/ndcg@10 or valid/full-seen-out/ndcg@10. Repeatable. "
    "Default: hr@10 and ndcg@10 on test, under every protocol.",
)
@click.option(
    "--groups",
    "num_groups",
    type=click.IntRange(min=2),
    default=4,
    show_default=True,
    metavar="N",
    help="Into how many groups of about as many cases, by length and popularity.",
)
@json_option
def command(
    run: Path, by: tuple[By, ...], metrics: tuple[str, ...], num_groups: int, as_json: bool
) -> None:
    """Show the results of a finished RUN by group of cases, with standard errors.

    Nothing is scored: the values of every case are read from the run folder.
    """
    from fw.comparison.groups import results_by_group

    found = results_by_group(run, by=by, metrics=metrics, num_groups=num_groups)
    if as_json:
        plain = {"run": str(run), "groups": [_plain(one) for one in found]}
        click.echo(json.dumps(plain, indent=2, allow_nan=False))
    else:
        headings = ("metric", "by", "group", "cases", "value")
        show(make_table(headings, map(_cells, found)))


def _plain(one: GroupResult) -> dict[str, Any]:
    error = one.result.standard_error
    return {
        "metric": one.metric,
        "by": one.by,
        "group": one.group,
        "num_cases": one.num_cases,
        "value": one.result.value,
        "standard_error": error if math.isfinite(error) else None,
    }


def _cells(one: GroupResult) -> tuple[str, ...]:
    value, error = one.result
    shown = f"{value:.4f}" if math.isnan(error) else f"{value:.4f} ± {error:.4f}"
    return (one.metric, one.by, one.group, f"{one.num_cases:,}", shown)
