"""What every batch of sequences that a component makes must be."""

from __future__ import annotations

import torch
from torch import Tensor

from fw.interfaces import PAD, Sequences
from fw.testing.messages import broken, require


def check_sequences(
    name: str,
    found: object,
    given: Sequences,
    *,
    largest: int,
    gaps: bool = False,
) -> None:
    """Check that ``found`` are sequences under the addresses of ``given``, padded on the right.

    Items are at most ``largest``; with ``gaps`` PAD may stand between them without being announced.
    """
    if not isinstance(found, Sequences):
        broken(f"{name}: {type(found).__name__}, not fw.Sequences")
    _check_shapes(name, found, given)
    _check_padding(name, found)
    _check_items(name, found, largest, gaps)


def _check_shapes(name: str, found: Sequences, given: Sequences) -> None:
    batch = len(given.rows)
    require(
        found.items.dim() == 2 and len(found.items) == batch,
        f"{name}: items have shape {list(found.items.shape)}",
        f"they must be [{batch}, L], a row for each of the input's",
    )
    require(
        torch.equal(found.rows, given.rows),
        f"{name}: rows are {found.rows.tolist()}, given {given.rows.tolist()}",
        "rows are the address of all randomness: pass them on",
    )
    for what, value in (("items", found.items), ("lengths", found.lengths)):
        require(value.dtype == torch.int64, f"{name}: {what} are {value.dtype}", "int64 is wanted")
    _check_lengths(name, found)
    _check_columns(name, found, given)


def _check_lengths(name: str, found: Sequences) -> None:
    width = found.items.shape[1]
    right = found.lengths.shape == found.rows.shape and bool(
        ((found.lengths >= 0) & (found.lengths <= width)).all()
    )
    require(
        right,
        f"{name}: lengths are {found.lengths.tolist()} for items of width {width}",
        "they must be one for each row, between 0 and the width",
    )


def _check_columns(name: str, found: Sequences, given: Sequences) -> None:
    require(
        set(found.columns) == set(given.columns),
        f"{name}: columns are {sorted(found.columns)}, given {sorted(given.columns)}",
        "columns go along with the items",
    )
    for column, values in found.columns.items():
        require(
            values.shape == found.items.shape and values.dtype == given.columns[column].dtype,
            f"{name}: column {column!r} is {list(values.shape)} {values.dtype}",
            f"it must be {list(found.items.shape)} {given.columns[column].dtype}, as the items",
        )


def _check_padding(name: str, found: Sequences) -> None:
    for what, values in {"items": found.items, **found.columns}.items():
        wrong = torch.where(found.is_real(), False, values != 0)
        right = "sequences are padded on the right, with 0"
        _nowhere(wrong, found, f"{name}: {what} are not 0 after the last item", right)


def _check_items(name: str, found: Sequences, largest: int, gaps: bool) -> None:
    unknown = (found.items < 0) | (found.items > largest)
    _nowhere(unknown, found, f"{name}: unknown items", f"items are numbered 1 .. {largest}")
    if not (gaps or found.gaps):
        empty = (found.items == PAD) & found.is_real()
        right = "set gaps=True where padding is left between items, or close up with fw.keep_items"
        _nowhere(empty, found, f"{name}: {PAD} between items", right)


def _nowhere(wrong: Tensor, found: Sequences, what: str, right: str) -> None:
    """End the test, showing the first row, if ``wrong`` ([B, L] bool) is true anywhere."""
    for number in wrong.any(1).nonzero().flatten().tolist()[:1]:
        items, length = found.items[number].tolist(), int(found.lengths[number])
        row = f"row {int(found.rows[number])}, of length {length}: {items}"
        broken(f"{what}, in {row}", right)
