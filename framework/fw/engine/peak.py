"""The most memory that this process has had. Imports nothing heavy."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")


def peak_of_process() -> int:
    """Return the bytes.

    Linux hands the peak that ``getrusage`` knows on to programs that a process starts: one started
    by a larger process never seems smaller than that. So the kernel's mark of this program's own
    memory is asked first.
    """
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    return _high_water_mark() or _peak_of_usage()


def _high_water_mark() -> int | None:
    """Return what Linux calls VmHWM; None where there is none."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _peak_of_usage() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
