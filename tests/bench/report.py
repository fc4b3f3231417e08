"""What a benchmark found: tables, with the machine and the versions that they were measured on."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import torch
from tabulate import tabulate

Row = Mapping[str, Any]  # by column; a value that is a list is kept in JSON and not printed
Tables = Mapping[str, Sequence[Row]]  # by title

_LIBRARIES = ("fw-seqrec", "torch", "numpy")


@attrs.frozen(kw_only=True)
class Report:
    """One benchmark's tables."""

    benchmark: str
    tables: Tables
    environment: Mapping[str, Any]

    def markdown(self) -> str:
        """Return all tables as Markdown, and below them the environment in a line."""
        parts = [f"**{title}**\n\n{_table(rows)}" for title, rows in self.tables.items()]
        facts = "; ".join(f"{name} {value}" for name, value in self.environment.items())
        return "\n\n".join([*parts, f"_{facts}._"]) + "\n"


def write_json(reports: Sequence[Report], path: Path) -> None:
    """Write reports to a file that :func:`read_json` reads."""
    path.write_text(json.dumps([attrs.asdict(report) for report in reports], indent=1) + "\n")


def read_json(path: Path) -> list[Report]:
    """Read the reports of a file."""
    return [Report(**content) for content in json.loads(path.read_text())]


def environment() -> dict[str, Any]:
    """Describe the machine, its load right now, and the versions."""
    return {
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def load() -> str:
    """Return the load average of the last minute; what is more than this process is other work."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the columns that say how long something took."""
    return {
        "seconds (median)": statistics.median(seconds),
        "min": min(seconds),
        "max": max(seconds),
        "all": list(seconds),
    }


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> dict[str, Any]:
    """Return the columns that say how many times as long, round by round."""
    each = [above / below for above, below in zip(numerators, denominators, strict=True)]
    return {"times (median)": statistics.median(each), "min": min(each), "max": max(each)}


def _table(rows: Sequence[Row]) -> str:
    shown = [{k: v for k, v in row.items() if not isinstance(v, list)} for row in rows]
    return tabulate(shown, headers="keys", tablefmt="github", floatfmt=".4g")


def _processor() -> str:
    """Return the processor's name; platform.processor() has none on most Linux systems."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
