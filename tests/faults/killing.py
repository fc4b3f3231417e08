"""Runs a recipe in processes that are killed at random moments, again and again.

``python killing.py RECIPE FOLDER KILLS SEED`` makes a run, kills it (SIGKILL) and resumes it, and
makes the next once it is done, until there were KILLS kills; then all go on to their ends. Every
process is a fork of this one, so that it is in its run at once and kills meet all parts of it.
After each kill it is seen to that every file is whole. Prints, as JSON, what the kills met.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file

from fw.engine import run as engine
from tiny_runs import Silent


def go_on(recipe, folder):
    """Run in a process of its own; return its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        engine.run_in(folder, recipe, device="cpu", reporter=Silent())
        code = 0
    finally:
        os._exit(code)


def end_of(pid):
    """Wait for a process; return how it ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def look_at(folder):
    """Read every file that there is as a reader would; return how far the run is."""
    for path in folder.glob("*.json"):
        json.loads(path.read_text())
    if (folder / "best.safetensors").exists():
        load_file(folder / "best.safetensors")
    checkpoint, met = folder / "state" / "checkpoint.pt", "before training"
    if checkpoint.exists():
        within = torch.load(checkpoint, weights_only=True)["within"]
        met = "within an epoch" if within else "between epochs"
    if (folder / "ranks.parquet").exists():
        pd.read_parquet(folder / "ranks.parquet")
        met = "while it was written down"
    if (folder / "result.json").exists():  # the last: everything else is there
        assert (folder / "ranks.parquet").exists()
        met = "at its end"
    return met


def main():
    recipe, folder, kills, seed = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])
    draw = random.Random(seed)
    started = time.monotonic()
    assert end_of(go_on(recipe, folder / "whole")) == 0
    whole = time.monotonic() - started
    met, number = [], 1
    while len(met) < kills:
        pid = go_on(recipe, folder / f"killed-{number}")
        time.sleep(draw.uniform(0, whole))
        os.kill(pid, signal.SIGKILL)
        code = end_of(pid)
        assert code in (0, -signal.SIGKILL), code
        if code:
            met.append(look_at(folder / f"killed-{number}"))
        if (folder / f"killed-{number}" / "result.json").exists():
            number += 1
    for run in folder.glob("killed-*"):
        assert end_of(go_on(recipe, run)) == 0
    print(json.dumps({one: met.count(one) for one in sorted(set(met))}))


if __name__ == "__main__":
    main()
