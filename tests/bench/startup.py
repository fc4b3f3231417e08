"""How long one waits for ``fw run`` to begin training, and for the answers of short commands."""

import os
import subprocess
import sys
import tempfile
from functools import partial

from tests.bench.contenders import ROOT
from tests.bench.movielens import RECIPE, data_folder
from tests.bench.report import Tables, ratios
from tests.bench.timing import spread_rows, timed

ROUNDS = 7
TORCH = "python, import torch"


def measure(options) -> Tables:
    """Time whole processes, from their start; a run before them prepares data and a model."""
    with tempfile.TemporaryDirectory() as runs:
        run = ["run", RECIPE, "--data", str(data_folder()), "--device", "cpu", "--runs"]
        _start(["-m", "fw", *run, f"{runs}/trained", "--set", "training.epochs=1"])
        (name,) = os.listdir(f"{runs}/trained")
        recommend = _fw("recommend", f"{runs}/trained/{name}")
        commands = {
            "fw run, until the first step": ["-m", "tests.bench.first_step", *run, runs],
            "fw recommend, one user": [*recommend, "--user", "7"],
            "fw recommend, all users": [*recommend, "--all", "-o", f"{runs}/all.parquet"],
            "fw list-plugins": _fw("list-plugins"),
            "fw describe": _fw("describe", "encoder", "sasrec_paper"),
            "fw --help": _fw("--help"),
            TORCH: ["-c", "import torch"],
        }
        candidates = {name: partial(_start, words) for name, words in commands.items()}
        times = timed(candidates, rounds=options.rounds or ROUNDS)
    rows = [{"what": name, **ratios(found, times[TORCH])} for name, found in times.items()]
    return {
        f"Start-up, {RECIPE} on MovieLens-1M": spread_rows(times),
        "The same in times of importing torch, round by round": rows,
    }


def _fw(*words: str) -> list[str]:
    return ["-m", "fw", *words]


def _start(words: list[str]) -> None:
    """Run a process that keeps bytecode, as it is by default."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, *words]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
