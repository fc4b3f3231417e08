"""The exceptions that fw raises on purpose.

    FrameworkError                 anything that fw explains in one readable message
    ├── UserError                  something the user can mend; exit code 2
    │   ├── RecipeError            a recipe is wrong: every problem found, each with its place
    │   ├── DataError              an interaction file or data set is wrong or missing
    │   │   └── DataNotFound       it can be neither found nor downloaded: the case for a fallback
    │   ├── RunError               a run folder is taken, missing, damaged or not writable
    │   ├── DeviceError            the device that was asked for is not there
    │   └── OutOfMemory            what the recipe asks for does not fit into memory
    ├── TrainingError              training cannot go on
    │   ├── LossNotFinite          a loss is not finite, from a step on
    │   └── ProcessLost            another of the processes that train together is gone
    ├── EvaluationError            scores cannot be ranked: they are not numbers
    └── PluginError                a plugin failed: its name and distribution, the original chained

Whatever else escapes is a fault of fw itself and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class DataNotFound(DataError):  # noqa: N818 (what it says is what happened)
    """A data set can be neither found nor downloaded; what is found but broken is a DataError.

    The only error after which the fallback that a recipe names is used.
    """


class RunError(UserError):
    """A run folder is taken, missing, damaged or not writable."""


class DeviceError(UserError):
    """The device that was asked for does not exist on this machine."""


class OutOfMemory(UserError):  # noqa: N818 (what it says is what happened)
    """What the recipe asks for does not fit into memory."""


@attrs.frozen
class Problem:
    """One thing that is wrong in a recipe, and where.

    ``line`` counts from 1; ``None`` where the recipe has no such line (a missing table).
    ``text`` is the line itself. ``override`` is what followed ``--set``, if that set the key.
    ``hint`` says what would be right, on one line or several.
    """

    message: str
    hint: str = ""
    file: Path | None = None
    line: int | None = None
    text: str = ""
    override: str = ""

    def __str__(self) -> str:
        lines = [f"{self._place()} {self.message}".strip()]
        lines += [f"    {line}" for line in (self.text.strip(), *self.hint.splitlines()) if line]
        return "\n".join(lines)

    def _place(self) -> str:
        if self.override:
            return f"--set {self.override}:"
        place = "" if self.file is None else f"{self.file}:"
        return place if self.line is None else f"{place}{self.line}:"


class RecipeError(UserError):
    """Every problem that was found in a recipe, shown at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TrainingError(FrameworkError):
    """Training cannot go on; what was saved before is untouched."""


class LossNotFinite(TrainingError):  # noqa: N818 (what it says is what happened)
    """The ``terms`` of the loss of a step are not finite; ``step`` counts from 1."""

    def __init__(self, message: str, *, epoch: int, step: int, terms: Sequence[str]) -> None:
        super().__init__(message)
        self.epoch, self.step, self.terms = epoch, step, tuple(terms)


class ProcessLost(TrainingError):  # noqa: N818 (what it says is what happened)
    """Another of the processes that train a run together has failed or is gone."""


class EvaluationError(FrameworkError):
    """Scores cannot be ranked: they are not numbers, or not one for every item."""


class PluginError(FrameworkError):
    """A plugin failed while it was loaded, built or called.

    The message names the plugin and the distribution it came from; the plugin's own exception
    is chained as ``__cause__``.
    """
