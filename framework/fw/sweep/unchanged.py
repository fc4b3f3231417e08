"""Whether the runs that a sweep finds in its folder are those that it would make."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence

from fw.comparison.differences import differences
from fw.errors import RunError
from fw.executing import Job, Setting

_SHOWN = 5


def require_unchanged(setting: Setting, jobs: Sequence[Job]) -> None:
    """Raise RunError if runs were begun with another recipe than their rows have now."""
    found = [
        f"{setting.folder / job.name}: {text}" for job in jobs for text in _change(setting, job)
    ]
    if found:
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        lines = [
            "the recipe is not the one that these runs were made with:",
            *found[:_SHOWN],
            *more,
            "remove them, or take another folder: --sweeps FOLDER",
        ]
        raise RunError("\n    ".join(lines))


def _change(setting: Setting, job: Job) -> Iterator[str]:
    folder = setting.folder / job.name
    if not (folder / "recipe.toml").exists():
        return  # never begun, or killed before it trained: it is begun anew
    before = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
    texts = [str(one) for one in differences(before, tomllib.loads(job.recipe))]
    if texts:
        yield ", ".join(texts)
