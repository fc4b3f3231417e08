"""The exceptions that fw raises on purpose.

    FrameworkError                 anything that fw explains in one readable message
    ├── UserError                  something the user can mend; exit code 2
    │   ├── RecipeError            a recipe is wrong: every problem found, each with its place
    │   ├── DataError              an interaction file or data set is wrong or missing
    │   ├── RunError               a run folder is taken, missing, damaged or not writable
    │   └── DeviceError            the device that was asked for is not there
    ├── TrainingError              training cannot go on: a loss that is not finite
    └── PluginError                a plugin failed: its name and distribution, the original chained

Whatever else escapes is a fault of fw itself and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs


class FrameworkError(Exception):
    """Anything that is explained to the user in one message, without a traceback."""

    exit_code = 1


class UserError(FrameworkError):
    """Something that the user can mend."""

    exit_code = 2


class DataError(UserError):
    """An interaction file or a data set is wrong or missing."""


class RunError(UserError):
    """A run folder is taken, missing, damaged or not writable."""


class DeviceError(UserError):
    """The device that was asked for does not exist on this machine."""


@attrs.frozen
class Problem:
    """One thing that is wrong in a recipe, and where.

    ``line`` counts from 1; ``None`` where the recipe has no such line (a missing table, an
    override from the command line). ``text`` is the line itself.
    """

    message: str
    hint: str = ""
    file: Path | None = None
    line: int | None = None
    text: str = ""

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:"
        if self.line is not None:
            place += f"{self.line}:"
        lines = [f"{place} {self.message}".strip()]
        if self.text:
            lines.append(f"    {self.text.strip()}")
        if self.hint:
            lines.append(f"    {self.hint}")
        return "\n".join(lines)


class RecipeError(UserError):
    """Every problem that was found in a recipe, shown at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TrainingError(FrameworkError):
    """Training cannot go on; what was saved before is untouched."""


class PluginError(FrameworkError):
    """A plugin failed while it was loaded, built or called.

    The message names the plugin and the distribution it came from; the plugin's own exception
    is chained as ``__cause__``.
    """
