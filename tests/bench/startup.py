"""How long one waits for the first training step of ``fw run``; a run before prepares its data."""

import subprocess
import sys
import tempfile
from functools import partial

from tests.bench.contenders import ROOT
from tests.bench.movielens import RECIPE, data_folder
from tests.bench.report import Tables
from tests.bench.timing import spread_rows, timed

ROUNDS = 7


def measure(options) -> Tables:
    """Time whole processes, from their start."""
    with tempfile.TemporaryDirectory() as runs:
        run = ["run", RECIPE, "--data", str(data_folder()), "--runs", runs, "--device", "cpu"]
        commands = {
            "fw run, until the first step": ["-m", "tests.bench.first_step", *run],
            "fw --help": ["-m", "fw", "--help"],
            "python, import torch": ["-c", "import torch"],
        }
        candidates = {name: partial(_run, words) for name, words in commands.items()}
        times = timed(candidates, rounds=options.rounds or ROUNDS)
    return {f"Start-up, {RECIPE} on MovieLens-1M": spread_rows(times)}


def _run(words: list[str]) -> None:
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
