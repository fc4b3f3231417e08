"""``fw data check``: what about the data of a recipe can make results wrong or surprising."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fw.cli.common import (
    json_option,
    load_plugins,
    recipe_argument,
    recipe_options,
    show,
    warn,
)

if TYPE_CHECKING:
    from fw.data.findings import Finding


@click.command()
@recipe_argument
@recipe_options
@json_option
def check(
    recipe: str,
    overrides: tuple[str, ...],
    plugins: tuple[str, ...],
    data: Path | None,
    as_json: bool,
) -> None:
    """Say what about the data of RECIPE can make results wrong or surprising, and what to set.

    Rows that are not in order, ties in time and the test targets that hang on them, whether the
    order of histories tells anything, duplicates, repeats, gaps in ids, users who are not
    evaluated, cold targets, training that is later than the test, histories longer than max_len,
    and how much the most popular items make up. What is marked ! changes what a result means.
    """
    from fw.config.reading import read_recipe
    from fw.data.doctor import examine
    from fw.data.findings import Patient
    from fw.data.places import Places
    from fw.engine.data import load_and_split

    read = read_recipe(recipe, load_plugins(plugins), overrides)
    loaded = load_and_split(read, Places.from_environment(data), warn)
    patient = Patient(
        split=loaded.split,
        resplit=read.one("splitter").settings,
        cleaning=loaded.description["cleaning"],
        max_len=read.max_len,
    )
    findings = examine(patient)
    if as_json:
        found = {"data": loaded.name, "findings": [_plain(finding) for finding in findings]}
        click.echo(json.dumps(found, indent=2))
    else:
        show(f"data {loaded.name}", *(_text(finding) for finding in findings))


def _plain(finding: Finding) -> dict[str, Any]:
    import attrs

    return attrs.asdict(finding)


def _text(finding: Finding) -> str:
    mark = "!" if finding.serious else "-"
    advice = f"\n    {finding.advice}" if finding.advice else ""
    return f"{mark} {finding.message}{advice}"
