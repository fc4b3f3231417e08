"""Interactions sorted by user and time in files of their own: what cleaning by pieces works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa

from fw.data.spans import owners, repeated, spans
from fw.engine.folders.files import refused


@attrs.frozen(eq=False, kw_only=True)
class SortedLog:
    """All interactions, by user (in the order of their first appearance), then time, then row.

    Arrays are mapped from files. User u has those at ``offsets[u]`` to ``offsets[u + 1]``.
    """

    offsets: np.ndarray  # [U + 1] int64
    arrays: Mapping[str, np.ndarray]  # [T] each: row, item, time where there are times, column/...

    @classmethod
    def written(cls, batches: Iterator[pa.RecordBatch], folder: Path) -> SortedLog:
        """Write sorted batches to files in ``folder``; raises RunError where the disk refuses."""
        files, counts = Files(folder), np.zeros(0, dtype=np.int64)
        for batch in batches:
            counts = _counted(counts, batch["user"].to_numpy(zero_copy_only=False))
            names = [name for name in batch.schema.names if name != "user"]
            files.append({n: batch[n].to_numpy(zero_copy_only=False) for n in names})
        return cls(offsets=np.append(0, counts[counts > 0].cumsum()), arrays=files.mapped())

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield spans of users."""
        return spans(self.offsets)

    def part(self, name: str, first: int, last: int) -> np.ndarray:
        """Return what the users of a span have in an array."""
        values: np.ndarray = self.arrays[name][self.offsets[first] : self.offsets[last]]
        return values

    def is_repeated(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield, span by span, where it lies and bool: rows that repeat user, item and time."""
        for first, last in self.spans():
            users, times = owners(self.offsets, first, last), self.part("time", first, last)
            moments = np.append(True, (np.diff(users) > 0) | (times[1:] != times[:-1]))
            where = slice(int(self.offsets[first]), int(self.offsets[last]))
            yield where, repeated(moments.cumsum(), self.part("item", first, last))


def _counted(counts: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Add the rows of a batch, sorted by user, to the counts of users, which have room for more."""
    first, last = int(users[0]), int(users[-1])
    if last >= len(counts):
        counts = np.pad(counts, (0, max(last + 1, 2 * len(counts)) - len(counts)))
    counts[first : last + 1] += np.bincount(users - first)
    return counts


class Files:
    """Arrays that are written to files bit by bit, and then mapped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kinds: dict[str, np.dtype] = {}

    def append(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Add to the ends of arrays; raises RunError where the disk refuses."""
        for name, values in arrays.items():
            self._kinds[name] = values.dtype
            try:
                with self._path(name).open("ab") as file:
                    file.write(np.ascontiguousarray(values).data.cast("B"))
            except OSError as error:
                raise refused(self._path(name), error) from error

    def mapped(self) -> dict[str, np.ndarray]:
        """Return all arrays; what is written into them stays out of the files."""
        return {name: self._map(name, kind) for name, kind in self._kinds.items()}

    def _map(self, name: str, kind: np.dtype) -> np.ndarray:
        empty = not self._path(name).stat().st_size
        return np.zeros(0, kind) if empty else np.memmap(self._path(name), kind, "c")

    def _path(self, name: str) -> Path:
        return self.folder / name.replace("/", "-")
