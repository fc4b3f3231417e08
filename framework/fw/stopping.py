"""Stopping when the process is asked to: never in the middle of a step or of a file."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Ctrl-C; what shutdowns and schedulers send; a terminal that is gone (Windows has none).
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


class Stopped(KeyboardInterrupt):
    """A signal asked the process to stop."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number  # as shells have it: 130 for Ctrl-C, 143 for SIGTERM


class Stop:
    """Hears the first signal that asks to stop, and is deaf to those after it.

    Raises :class:`Stopped` at once, or where signals are held as soon as that is over. So whoever
    puts things in order after the first Ctrl-C is not disturbed by the second.
    """

    def __init__(self) -> None:
        self._number = 0
        self._holding = False

    def __call__(self, number: int, frame: FrameType | None = None) -> None:
        """Hear a signal."""
        if not self._number:
            self._number = number
            if not self._holding:
                raise Stopped(number)

    @property
    def number(self) -> int:
        """The signal that has been heard, or 0."""
        return self._number

    def check(self) -> None:
        """Raise Stopped if a signal has been heard."""
        if self._number:
            raise Stopped(self._number)

    @contextmanager
    def held(self, holding: bool = True) -> Iterator[None]:
        """Let a signal wait for the end of this, or (``holding=False``) inside it no longer."""
        before, self._holding = self._holding, holding
        try:
            if not holding:
                self.check()
            yield
        finally:
            self._holding = before
        if not before:
            self.check()


_listening: list[Stop] = []  # at most one: signals are the process's


@contextmanager
def listening() -> Iterator[Stop]:
    """Hear signals while this lasts; yields the same :class:`Stop` inside another ``listening``.

    Signals that the process ignores (``nohup``, a job in the background) stay ignored. Outside the
    main thread, to which signals do not come, nothing is heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield Stop()
        return
    if _listening:
        yield _listening[0]
        return
    stop = Stop()
    _listening.append(stop)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        _handle({n: stop for n, old in before.items() if old not in (signal.SIG_IGN, None)})
        yield stop
    finally:
        _handle({number: old for number, old in before.items() if old is not None})
        _listening.clear()


def ignore_signals() -> None:
    """Be deaf from now on: the process has been stopped and is about to end."""
    _handle(dict.fromkeys(SIGNALS, signal.SIG_IGN))


def _handle(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
