"""Who may write to a run folder: one living process at a time."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from fw.engine.folders.files import refused, remove_unfinished, write_text
from fw.errors import RunError

LOCK, OWNER = "owner.lock", "owner.json"
# ``is_owned`` holds a lock for a moment; a run that starts just then is not to be refused.
PATIENCE = 1.0


@contextmanager
def owned(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a folder against other runs; a lock whose owner died does not hold it.

    Also removes what a dead owner was writing. Raises RunError if the folder cannot be written to,
    or, naming the owner, if a living run still has it after ``patience`` seconds.
    """
    lock = filelock.FileLock(folder / LOCK, timeout=patience)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise RunError(f"{folder} is in use by another run: {_owner(folder)}") from None
    except OSError as error:
        raise refused(folder / LOCK, error) from error
    try:
        for place in (folder, folder / "state"):
            remove_unfinished(place)
        me = {"pid": os.getpid(), "host": platform.node()}
        write_text(folder / OWNER, json.dumps(me) + "\n")
        yield
    finally:
        with suppress(OSError):
            (folder / OWNER).unlink()
        lock.release()


def is_owned(folder: Path) -> bool:
    """Whether a living run has the folder."""
    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # nobody can write there
        return False


def _owner(folder: Path) -> str:
    try:
        found = json.loads((folder / OWNER).read_text(encoding="utf-8"))
        return f"process {found['pid']} on {found['host']}"
    except (OSError, ValueError, KeyError):
        return "an unknown process"  # it has only just come
