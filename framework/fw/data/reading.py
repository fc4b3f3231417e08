"""From a table of a file to interactions: which column is what, and no cell left blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
import pandas as pd

from fw.data.columns import Column
from fw.data.interactions import Interactions
from fw.data.tables import Table
from fw.errors import DataError

DEFAULT_NAMES = ("user", "item", "time")
_SKIP = 'set blank = "skip" to leave such rows out'
ALL_BLANK = "no interactions: every row has blank cells"
_MEND = "fill them in, or take these rows out of the file"


@attrs.frozen(kw_only=True)
class Layout:
    """Which columns of a table hold what: names, or numbers from 0.

    What is None is the column called ``user``, ``item``, ``time``, or where columns have no names
    the first, second and third. A table of two columns has no times; nor has one where ``time`` is
    the empty string. Then the order of the rows is the order in time.
    ``more`` are further columns of numbers, ``texts`` of text.
    ``settable`` is whether a recipe can say otherwise, which errors then advise.
    """

    user: str | int | None = None
    item: str | int | None = None
    time: str | int | None = None
    more: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    settable: bool = False


def read_interactions(
    table: Table, layout: Layout, *, blank: Literal["error", "skip"] = "error"
) -> Interactions:
    """Read the columns of a layout; raises DataError for what is missing, blank or unreadable."""
    numbers = _choose(table, layout)
    cells = dict(zip(numbers, table.columns(list(numbers.values())), strict=True))
    rows = np.arange(len(cells["user"]))
    columns = [Column(table, name, column, rows) for name, column in cells.items()]
    full, skipped = _without_blanks(table, columns, blank, layout.settable)
    frame = pd.DataFrame({column.name: _converted(column, layout) for column in full})
    counts = {"blank_rows_skipped": skipped} if blank == "skip" else {}
    return Interactions(frame=frame, counts=counts, files=(table.path,))


def _converted(column: Column, layout: Layout) -> np.ndarray | pd.Categorical:
    if column.name in ("user", "item", *layout.texts):
        return column.ids()
    return column.times() if column.name == "time" else column.numbers()


def _without_blanks(
    table: Table, columns: Sequence[Column], blank: str, settable: bool, *, whole: bool = True
) -> tuple[list[Column], int]:
    blanks = {column.name: column.is_blank() for column in columns}
    some = np.any(list(blanks.values()), axis=0)
    if not some.any():
        return list(columns), 0
    if blank == "error":
        names = ", ".join(name for name, mask in blanks.items() if mask.any())
        raise DataError(
            f"{table.path}, {table.place(np.flatnonzero(some).tolist())}: blank cells ({names})\n"
            f"    {_SKIP if settable else _MEND}"
        )
    if some.all() and whole:
        raise DataError(f"{table.path}: {ALL_BLANK}")
    return [column.keep(~some) for column in columns], int(some.sum())


def _choose(table: Table, layout: Layout) -> dict[str, int]:
    """Return the number of each column that is to be read, by what it holds."""
    wanted = _wanted(table, layout)
    found = {what: _find(table, name) for what, name in wanted.items()}
    missing = [str(wanted[what]) for what, number in found.items() if number is None]
    if missing:
        raise DataError(_not_found(table, missing, layout.settable))
    return {what: number for what, number in found.items() if number is not None}


def _wanted(table: Table, layout: Layout) -> dict[str, str | int]:
    defaults: Sequence[str | int] = DEFAULT_NAMES if table.names else (0, 1, 2)
    given = (layout.user, layout.item, layout.time)
    wanted: dict[str, str | int] = {
        what: default if name is None else name
        for what, name, default in zip(DEFAULT_NAMES, given, defaults, strict=True)
    }
    if layout.time == "" or (layout.time is None and table.num_columns == 2):
        del wanted["time"]
    return wanted | {name: name for name in (*layout.more, *layout.texts)}


def _find(table: Table, name: str | int) -> int | None:
    if isinstance(name, int):
        return name if 0 <= name < table.num_columns else None
    numbers = [number for number, other in enumerate(table.names or ()) if other == name]
    if len(numbers) > 1:
        raise DataError(f"{table.path}: {len(numbers)} columns are called {name}; give a number")
    return numbers[0] if numbers else None


def _not_found(table: Table, missing: Sequence[str], settable: bool) -> str:
    message = f"{table.path}: column{'s' * (len(missing) > 1)} {', '.join(missing)} not found"
    if table.names is None:
        return f"{message}; there are {table.num_columns}, without names, counted from 0"
    if not settable:
        return f"{message}; there are: {', '.join(table.names)}"
    if any(_is_number(name) for name in table.names):
        return (
            f"{message}; line 1 looks like data: {', '.join(table.names)}\n"
            "    set header = false where a file has no header"
        )
    return (
        f"{message}; there are: {', '.join(table.names)}\n    say which is which: "
        'user = "...", item = "...", time = "..." (time = "" if the order of the rows is all)'
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_columns(
    piece: Table, layout: Layout, *, blank: Literal["error", "skip"]
) -> tuple[dict[str, Column], int]:
    """Read the columns of a piece of a table, as :func:`read_interactions` does of a whole one.

    Also returns how many rows were skipped for blank cells; it may be all of them.
    """
    numbers = _choose(piece, layout)
    cells = dict(zip(numbers, piece.columns(list(numbers.values())), strict=True))
    rows = np.arange(len(cells["user"]))
    columns = [Column(piece, name, column, rows) for name, column in cells.items()]
    full, skipped = _without_blanks(piece, columns, blank, layout.settable, whole=False)
    return {column.name: column for column in full}, skipped
