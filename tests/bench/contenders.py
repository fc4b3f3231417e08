"""Processes that take turns: what is compared runs in one session, on the same cores."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import attrs
from tests.bench.handover import handover
from tests.bench.report import spread

ROOT = Path(__file__).parents[2]
Command = Sequence[str]


class Contender:
    """A running process that speaks the protocol of ``peers/turns.py``."""

    def __init__(self, name: str, command: Command) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in __exit__
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> "Contender":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()  # closes its input, which ends it
        self._errors.close()

    def about(self) -> dict[str, str]:
        """Wait until it is prepared; returns what it says of itself."""
        return self._answer()

    def turn(self) -> dict[str, float]:
        """Let it do one turn; returns its seconds and its peak memory so far."""
        with suppress(BrokenPipeError):  # it is dead, and what it said last is asked for next
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise RuntimeError(f"{self.name} ended early:\n{self._errors.read()[-4000:]}")
        return json.loads(line)


@attrs.frozen(kw_only=True)
class Outcome:
    """What one contender's turns took."""

    about: Mapping[str, str]
    seconds: Sequence[float]
    peak_megabytes: float
    handovers: Sequence[float]  # microseconds, one a turn

    def row(self) -> dict:
        """Return its columns."""
        return {**spread(self.seconds), "peak MB": round(self.peak_megabytes)}


def interleave(commands: Mapping[str, Command], rounds: int) -> dict[str, Outcome]:
    """Let all contenders take ``rounds`` turns each, one at a time, after one that warms up.

    Every other round goes backwards, so that nobody always follows the same neighbour.
    """
    with ExitStack() as stack:
        running, about = {}, {}
        for name, command in commands.items():
            print(f"starting {name}", file=sys.stderr)
            running[name] = stack.enter_context(Contender(name, command))
            about[name] = running[name].about()
        turns: dict[str, list[dict]] = {name: [] for name in running}
        before = handover()
        for number in range(rounds + 1):
            for name in list(running)[:: -1 if number % 2 else 1]:
                turn, after = running[name].turn(), handover()
                # The longer of before and after, since cores may wander in between.
                turns[name].append({**turn, "handover": max(before, after)})
                before = after
                print(f"round {number} {name} {turns[name][-1]}", file=sys.stderr)
    return {name: _outcome(about[name], turns[name]) for name in commands}


def _outcome(about: Mapping[str, str], turns: Sequence[Mapping[str, float]]) -> Outcome:
    return Outcome(
        about=about,
        seconds=[turn["seconds"] for turn in turns[1:]],
        peak_megabytes=turns[-1]["peak_megabytes"],
        handovers=[turn["handover"] for turn in turns[1:]],
    )


def module_command(module: str, **arguments: object) -> Command:
    """Return the command that runs a contender of our own."""
    return [sys.executable, "-m", f"tests.bench.{module}", json.dumps(arguments)]
