"""Writing files so that a reader, or a run that is killed, never meets half of one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from fw.errors import RunError

_UNFINISHED = ".part"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a file beside ``path``, flush it to the disk, and put it in place.

    Raises RunError, naming the file and the reason, where the disk refuses; what was at ``path``
    before is then untouched, and nothing is left beside it.
    """
    beside = path.with_name(f".{path.name}.{uuid4().hex}{_UNFINISHED}")
    try:
        write(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write a file atomically."""
    write_atomically(path, lambda beside: beside.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, as UTF-8."""
    write_bytes(path, text.encode())


def make_folder(path: Path) -> None:
    """Make a folder and those above it; raises RunError, naming it, where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the folder {path}: {error.strerror}") from error


def require_folder_of(path: Path) -> None:
    """Raise RunError where a file has no folder to lie in: before the work, not after it."""
    if not path.parent.is_dir():
        raise refused(path, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))


def append_text(path: Path, text: str) -> None:
    """Add to a text file and flush it to the disk; where that fails, it is as it was before."""
    try:
        with path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                _write_all(file.fileno(), text.encode())
                os.fsync(file.fileno())
            except BaseException:
                file.truncate(before)
                raise
    except OSError as error:
        raise refused(path, error) from error


def remove_unfinished(folder: Path) -> None:
    """Remove what a process that was killed left of files it was writing."""
    for path in folder.glob(f".*{_UNFINISHED}"):
        path.unlink(missing_ok=True)


def refused(path: Path, error: OSError) -> RunError:
    """Make the error that names a file which cannot be written, and why."""
    return RunError(f"cannot write {path}: {error.strerror or error}")


def _write_all(handle: int, content: bytes) -> None:
    while content:  # a write may take less than it is given, and only the next say why
        content = content[os.write(handle, content) :]
