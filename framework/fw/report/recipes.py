"""What was configured: each row's recipe, and how it differs from the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fw.comparison.diff import diff
from fw.comparison.differences import MISSING, Difference
from fw.config.values import toml
from fw.report.parts import Folded, Notes, Part, Section, Table, Text
from fw.report.runs import Row

_FEW = 4  # tables or recipes that need not be folded away


def section(rows: Sequence[Row], baseline: Row) -> Section:
    """Show how recipes differ from the baseline's, and the recipes themselves."""
    parts = [*_changes(rows, baseline)]
    texts = [_recipe(row) for row in rows]
    if len(texts) > _FEW:
        return Section(title="Recipes", parts=[*parts, Folded(title="All recipes", parts=texts)])
    return Section(title="Recipes", parts=[*parts, *texts])


def _changes(rows: Sequence[Row], baseline: Row) -> Iterator[Part]:
    tables = [_table(baseline, row) for row in rows if row is not baseline]
    if not tables:
        yield Notes(lines=["One recipe: there is no other to compare it with."])
    elif len(tables) <= _FEW:
        yield from tables
    else:
        yield Folded(title=f"How {len(tables)} rows differ from {baseline.name}", parts=tables)


def _table(baseline: Row, row: Row) -> Table:
    return Table(
        caption=f"How {row.name} differs from {baseline.name}",
        headings=("key", "baseline", "here"),
        lines=[(one.key, _text(one.left), _text(one.right)) for one in changes(baseline, row)],
        numbers=False,
    )


def _text(value: Any) -> str:
    return value if value == MISSING else toml(value)


def changes(baseline: Row, row: Row) -> list[Difference]:
    """Return in what two rows differ beyond their seeds."""
    found = diff(baseline.first.begun.path, row.first.begun.path)
    return [one for one in (*found["recipe"], *found["plugins"]) if one.key != "seed"]


def _recipe(row: Row) -> Text:
    path = row.first.begun.path / "recipe.toml"
    return Text(title=f"Recipe of {row.name}", text=path.read_text(encoding="utf-8"))
