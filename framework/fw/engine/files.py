"""Writing files so that a reader, or a run that is killed, never meets half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from fw.errors import RunError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a file beside ``path``, flush it to the disk, and put it in place.

    Raises RunError, naming the file and the reason, where the disk refuses; what was at ``path``
    before is then untouched, and nothing is left beside it.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
    except OSError as error:
        raise _refused(path, error) from error
    beside = Path(name)
    try:
        write(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, as UTF-8."""
    write_atomically(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def _refused(path: Path, error: OSError) -> RunError:
    return RunError(f"cannot write {path}: {error.strerror or error}")
