"""What ends one of several processes ends all, each with the reason of the first that failed."""

from __future__ import annotations

import time
from typing import Any

import attrs
from torch.distributed.elastic.multiprocessing.errors import get_error_handler

from fw.errors import FrameworkError, ProcessLost
from fw.stopping import Stop, Stopped

_KEY = "first to fail"
_STOPPED = "stopped by signal "
_PATIENCE = 3.0  # seconds for which a failed process may take to say why
# What torch's backends put into messages about peers that do not answer.
_BACKENDS = ("gloo", "nccl", "connection closed by peer", "connection reset by peer")


@attrs.frozen(kw_only=True)
class Failures:
    """A place where processes leave word of why they end: the first word stays."""

    store: Any  # a torch.distributed.Store, which is no name to type checkers
    rank: int
    number: int

    def explained(self, error: BaseException, stop: Stop) -> BaseException:
        """Leave word of this process's error, and return what it ends with.

        Where another has failed, that is why; where it said the same, once is enough.
        """
        if isinstance(error, Stopped):
            self._leave(f"{_STOPPED}{error.exit_code - 128}")
            return error
        if is_lost(error):
            return self._lost(error)
        return self._own(error)

    def _own(self, error: BaseException) -> BaseException:
        get_error_handler().record_exception(error)
        told = f"{type(error).__name__}: {error}"
        text = str(error) if isinstance(error, FrameworkError) else told
        number, _, before = self._leave(f"{self.rank + 1}\n{text}").partition("\n")
        if isinstance(error, FrameworkError) and number != str(self.rank + 1) and before == text:
            return SystemExit(error.exit_code)
        return error

    def _lost(self, error: BaseException) -> BaseException:
        word = self._word()
        if word.startswith(_STOPPED):
            return Stopped(int(word.removeprefix(_STOPPED)))
        number, _, text = word.partition("\n")
        why = (
            f"process {number} failed: {text}"
            if word
            else ("another has ended without a word: killed from outside, or out of memory")
        )
        lost = ProcessLost(f"process {self.rank + 1} of {self.number} stops: {why}")
        lost.__cause__ = error
        return lost

    def _leave(self, word: str) -> str:
        """Leave a word if there is none; return the one that is there."""
        try:
            return str(self.store.compare_set(_KEY, "", word), "utf-8")
        except RuntimeError:  # whoever kept the store is gone
            return ""

    def _word(self) -> str:
        deadline = time.monotonic() + _PATIENCE
        try:
            while not self.store.check([_KEY]) and time.monotonic() < deadline:
                time.sleep(0.05)
            return str(self.store.get(_KEY), "utf-8") if self.store.check([_KEY]) else ""
        except RuntimeError:
            return ""


def is_lost(error: BaseException | None) -> bool:
    """Whether an exception, or its cause, says that another process cannot be reached any more."""
    while error is not None:
        said = str(error).lower()
        if isinstance(error, RuntimeError) and any(word in said for word in _BACKENDS):
            return True
        error = error.__cause__
    return False
