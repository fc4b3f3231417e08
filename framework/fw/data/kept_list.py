"""What is kept of cleaned data: every entry of the cache, and how it is removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import attrs

from fw.data import kept
from fw.data.cache import FOLDER
from fw.data.places import Places
from fw.errors import DataError


@attrs.frozen
class KeptData:
    """One entry; ``note`` says why it will not be used again, "" where it may be."""

    name: str
    files: tuple[str, ...]
    bytes: int
    made: str  # ISO 8601, UTC
    note: str


def list_kept(places: Places) -> list[KeptData]:
    """Return every entry of the cache, the largest first."""
    folder = places.cache / FOLDER
    paths = folder.iterdir() if folder.is_dir() else ()
    found = (entry for path in paths for entry in _described(path))
    return sorted(found, key=lambda entry: (-entry.bytes, entry.name))


def remove_kept(places: Places, names: Iterable[str] | None) -> list[KeptData]:
    """Remove entries by name, or all, and return them; raises DataError where one is not there.

    A run that has mapped an entry goes on with it; the next one cleans its data anew.
    """
    there = {entry.name: entry for entry in list_kept(places)}
    asked = list(there if names is None else dict.fromkeys(names))
    if missing := [name for name in asked if name not in there]:
        known = "\n    ".join(there) or "nothing is"
        raise DataError(f"not kept in {places.cache / FOLDER}: {', '.join(missing)}\n    {known}")
    for name in asked:
        _remove(places.cache / FOLDER / name)
    return [there[name] for name in asked]


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    except FileNotFoundError:
        pass  # somebody else was faster
    except OSError as error:
        raise DataError(f"cannot be removed: {path}\n    {error.strerror}") from error


def _described(path: Path) -> Iterator[KeptData]:
    """Yield an entry, unless it disappears meanwhile: finished by its maker, or removed."""
    files, note = _origin(path)
    with suppress(FileNotFoundError):
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        yield KeptData(path.name, tuple(files), _size(path), made, note)


def _origin(path: Path) -> tuple[Sequence[str], str]:
    """Return the files that an entry was made from, and why it will not be used again."""
    if path.suffix != ".zip" or path.name.startswith("."):
        return (), "unfinished: being made, or left behind"
    try:
        files = list(kept.read_about(path)["origin"]["files"])
    except (kept.DamagedError, KeyError, TypeError):
        return (), "damaged"
    gone = [file for file in files if not Path(file).exists()]
    return files, f"gone: {', '.join(gone)}" if gone else ""


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
