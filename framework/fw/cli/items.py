"""How commands show items and lists of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from fw.cli.common import make_table

if TYPE_CHECKING:
    from rich.table import Table

    from fw.engine.finished.catalogue import Item, Recommended


def plain(item: Item | Recommended) -> dict[str, Any]:
    """Return an item as plain values; a title only where there is one."""
    return {name: value for name, value in attrs.asdict(item).items() if value is not None}


def words(item: Item) -> str:
    """Return an item's id, with its title if it has one."""
    return f"{item.item} ({item.title})" if item.title else item.item


def item_table(found: Sequence[Recommended], score: str = "score", digits: int = 4) -> Table:
    """Make a table of a list, scores with so many digits; it has titles if any item has."""
    titled = any(item.title for item in found)
    headings = ("rank", "item", score, *(["title"] if titled else []))
    rows = [
        (str(item.rank), item.item, f"{item.score:,.{digits}f}", item.title or "")[: len(headings)]
        for item in found
    ]
    return make_table(headings, rows)
