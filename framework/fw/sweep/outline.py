"""What a sweep's folder says of it, so that its results can be read without its recipe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import cattrs

from fw.engine.folders.files import make_folder, write_text
from fw.errors import RunError

FILE = "sweep.json"


@attrs.frozen(kw_only=True)
class Outline:
    """The rows of a sweep by name, each run with every seed; ``baseline`` is one of them."""

    name: str
    seeds: tuple[int, ...]
    baseline: str
    rows: tuple[str, ...]

    def runs(self) -> Iterator[tuple[str, str]]:
        """Yield each run, seed by seed: its row, and the name of its folder."""
        for seed in self.seeds:
            for row in self.rows:
                yield row, run_name(row, seed)

    def write(self, folder: Path) -> None:
        """Write ``sweep.json``; raises RunError where that cannot be written."""
        make_folder(folder)
        write_text(folder / FILE, json.dumps(attrs.asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Outline:
        """Read ``sweep.json``; raises RunError if it is missing or damaged."""
        path = folder / FILE
        try:
            return cattrs.structure(json.loads(path.read_text(encoding="utf-8")), cls)
        except (OSError, ValueError, cattrs.BaseValidationError) as error:
            raise RunError(f"cannot read {path}: {error}") from error


def run_name(row: str, seed: int) -> str:
    """Return the name of the run folder of a row with a seed: the same at every start."""
    return f"{folder_name(row)}-seed{seed}"


def folder_name(row: str) -> str:
    """Return a row's name as part of a folder's: letters and digits of any script, and ``._-``."""
    return re.sub(r"[^\w.-]+", "-", row).strip("-.")
