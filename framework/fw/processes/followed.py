"""The run folder as the processes have it that do not own it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs
from torch import Tensor

from fw.engine.folders.folder import RunFolder
from fw.engine.folders.ownership import PATIENCE


@attrs.frozen
class FollowedFolder(RunFolder):
    """A run folder that is the first process's to write: here nothing is."""

    def owned(self, patience: float = PATIENCE) -> AbstractContextManager[None]:
        """Hold nothing."""
        return nullcontext()

    def discard(self) -> None:
        """Remove nothing."""

    def append_line(self, line: Mapping[str, Any]) -> None:
        """Write nothing."""

    def forget_after(self, epoch: int) -> None:
        """Write nothing."""

    def save_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Write nothing."""

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Write nothing."""
