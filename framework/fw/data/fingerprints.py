"""Fingerprints (SHA-256): were two runs about the same data?

Numbers are hashed as little-endian of a fixed width and ids as UTF-8, so that the same data has the
same fingerprint on every platform.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from fw.data.sequences import SequenceStore
from fw.data.split import Split


def fingerprint_files(files: Iterable[Path]) -> dict[str, str]:
    """Return the fingerprint of each file's bytes as they lie on the disk, by its name."""
    return {path.name: fingerprint_file(path) for path in files}


def fingerprint_file(path: Path) -> str:
    """Return the fingerprint of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_cleaned(store: SequenceStore) -> str:
    """Return the fingerprint of what cleaning left: ids, order, times and further columns.

    It does not depend on how items are numbered, only on who had what, in which order.
    """
    import pandas as pd  # slow: downloads are checked without

    digest = hashlib.sha256(b"fw interactions 1\n")
    codes, first = pd.factorize(store.items)
    _add_words(digest, store.user_ids)
    _add_words(digest, store.item_ids[first - 1])
    _add_numbers(digest, "lengths", store.lengths)
    _add_numbers(digest, "items", codes)
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


def _add_numbers(digest: hashlib._Hash, name: str, numbers: np.ndarray) -> None:
    width = "<f4" if np.issubdtype(numbers.dtype, np.floating) else "<i8"
    digest.update(f"{name} {width} {len(numbers)}\n".encode())
    digest.update(np.ascontiguousarray(numbers, dtype=width).data)
