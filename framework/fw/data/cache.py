"""Which cleaned data is kept in the cache, and whether it still is what cleaning would give.

An entry is found by the data set, its settings and the paths of its files. It is used only if the
contents (SHA-256) of those files, and the code that read and cleaned them, are those it was made
from: neither a changed file nor a changed reader is ever missed. An entry that is not is replaced.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa

from fw.data import kept
from fw.data.fingerprints import fingerprint_file, names_of
from fw.data.places import Places
from fw.data.sequences import SequenceStore

if TYPE_CHECKING:
    from fw.config.chosen import Chosen

FOLDER = "prepared"
FORMAT = 2


class StaleError(Exception):
    """There is an entry that must not be used; the message says why."""


@attrs.frozen(kw_only=True, eq=False)
class Entry:
    """A place in the cache; ``origin`` is what its content must have been made from."""

    path: Path
    origin: Mapping[str, Any]

    @classmethod
    def of(cls, dataset: Chosen, files: Iterable[Path], places: Places) -> Entry:
        """Say where the cleaned data of a data set that reads ``files`` is kept."""
        hashes = {str(path.absolute()): fingerprint_file(path) for path in files}
        settings = {key: value for key, value in dataset.table.items() if key != "fallback"}
        owner = (dataset.entry.plugin, dataset.entry.distribution)
        address = json.dumps([owner, settings, sorted(hashes)], sort_keys=True, default=str)
        name = f"{dataset.name}-{hashlib.sha256(address.encode()).hexdigest()[:16]}.zip"
        origin = {"format": FORMAT, "code": _code(dataset.entry.component), "files": hashes}
        return cls(path=places.cache / FOLDER / name, origin=origin)

    def read(self) -> tuple[SequenceStore, dict[str, Any]] | None:
        """Return the store and what was said about it; None if nothing is kept.

        Raises StaleError if it is damaged, or was made from something else.
        """
        if not self.path.exists():
            return None
        try:
            found = kept.read_about(self.path)
            self._require_same_origin(found["origin"])
            return kept.read(self.path), found["about"]
        except kept.DamagedError as error:
            raise StaleError(f"it is damaged ({error})") from error

    def require_unchanged(self, files: Mapping[str, str]) -> None:
        """Raise NotKeepableError unless these files, by name, are those of the origin."""
        expected = self.origin["files"]
        names = names_of([Path(path) for path in expected])
        if files != dict(zip(names, expected.values(), strict=True)):
            raise kept.NotKeepableError(
                f"what was read, {', '.join(files)}, is not what was to be read: a file changed "
                "meanwhile, or source_files does not name just the files that load reads"
            )

    def write(self, store: SequenceStore, about: Mapping[str, Any]) -> None:
        """Keep a store; raises what :func:`fw.data.kept.write` does, and OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept.write(self.path, store, {"origin": self.origin, "about": about})

    def _require_same_origin(self, origin: Mapping[str, Any]) -> None:
        if origin == self.origin:
            return
        before, now = origin.get("files", {}), self.origin["files"]
        changed = [Path(path).name for path in now if before.get(path) != now[path]]
        if changed:
            raise StaleError(f"{', '.join(changed)} has changed")
        raise StaleError("another version of fw or of the plugin made it")


def source_files(dataset: object, places: Places) -> tuple[Path, ...] | None:
    """Return the files that a data set would read; None if it does not say."""
    find = getattr(dataset, "source_files", None)
    return tuple(find(places)) if callable(find) else None


def _code(component: type) -> str:
    """Return the fingerprint of the code that reads (the component's) and cleans (fw's own)."""
    libraries = (np.__version__, pd.__version__, pa.__version__)
    digest = hashlib.sha256(" ".join(libraries).encode())
    for path in [*_siblings(Path(__file__)), *_sources(component)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(component: type) -> list[Path]:
    """Return the modules of a component's package, or its one module."""
    path = Path(inspect.getfile(component))
    return _siblings(path) if "." in component.__module__ else [path]


def _siblings(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.py"))
