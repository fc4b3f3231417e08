"""Fingerprints (SHA-256): were two runs about the same data?

Numbers are hashed as little-endian of a fixed width and ids as UTF-8, so that the same data has the
same fingerprint on every platform.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from fw.data.sequences import SequenceStore
from fw.data.spans import SPAN
from fw.data.split import Split


def fingerprint_files(files: Iterable[Path]) -> dict[str, str]:
    """Return the fingerprint of each file's bytes as they lie on the disk, by its name."""
    paths = list(files)
    return {name: fingerprint_file(path) for name, path in zip(names_of(paths), paths, strict=True)}


def names_of(paths: Sequence[Path]) -> list[str]:
    """Name files: by their last part, or where two have the same by what is below their folder."""
    names = [path.name for path in paths]
    if len(set(names)) == len(names):
        return names
    above = os.path.commonpath([path.absolute() for path in paths])
    return [path.absolute().relative_to(above).as_posix() for path in paths]


def fingerprint_file(path: Path) -> str:
    """Return the fingerprint of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_cleaned(store: SequenceStore) -> str:
    """Return the fingerprint of what cleaning left: ids, order, times and further columns.

    It does not depend on how items are numbered, only on who had what, in which order.
    """
    digest = hashlib.sha256(b"fw interactions 1\n")
    order = _by_appearance(store.items, store.num_items)
    codes = np.zeros(store.num_items + 1, dtype=np.int64)
    codes[order] = np.arange(len(order))
    _add_words(digest, store.user_ids)
    _add_words(digest, store.item_ids[order - 1])
    _add_numbers(digest, "lengths", store.lengths)
    _add_numbers(digest, "items", store.items, codes)
    if store.times is not None:
        _add_numbers(digest, "times", store.times)
    for name, values in sorted(store.columns.items()):
        if values.dtype.kind == "U":
            _add_numbers(digest, name, np.array([len(values)]))
            _add_words(digest, values)
        else:
            _add_numbers(digest, name, values)
    return digest.hexdigest()


def fingerprint_split(split: Split) -> str:
    """Return the fingerprint of a split: of the cleaned data, the training parts and the cases."""
    digest = hashlib.sha256(b"fw split 1\n" + fingerprint_cleaned(split.store).encode())
    _add_numbers(digest, "train", split.train_lengths)
    for name, cases in (("valid", split.valid), ("test", split.test)):
        _add_numbers(digest, f"{name} rows", cases.rows)
        _add_numbers(digest, f"{name} ends", cases.ends)
    return digest.hexdigest()


def _add_words(digest: hashlib._Hash, words: np.ndarray) -> None:
    """Add texts with their lengths, so that "a", "bc" and "ab", "c" differ."""
    encoded = [word.encode() for word in words]
    _add_numbers(digest, "words", np.fromiter(map(len, encoded), np.int64, len(encoded)))
    digest.update(b"".join(encoded))


def _add_numbers(
    digest: hashlib._Hash, name: str, numbers: np.ndarray, codes: np.ndarray | None = None
) -> None:
    """Add numbers, or the ``codes`` of them, span by span."""
    width = "<f4" if np.issubdtype(numbers.dtype, np.floating) else "<i8"
    digest.update(f"{name} {width} {len(numbers)}\n".encode())
    for first in range(0, len(numbers), SPAN):
        part = numbers[first : first + SPAN]
        part = part if codes is None else codes[part]
        digest.update(np.ascontiguousarray(part, dtype=width).data)


def _by_appearance(items: np.ndarray, num_items: int) -> np.ndarray:
    """Return the items that occur, in the order of their first appearance."""
    first = np.full(num_items + 1, len(items))
    for end in range(len(items), 0, -SPAN):  # from the back: what comes first is written last
        places = np.arange(max(end - SPAN, 0), end)[::-1]
        first[items[places]] = places
    order = np.argsort(first, kind="stable")
    return order[: np.count_nonzero(first < len(items))]
