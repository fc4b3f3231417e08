"""A sweep that is killed every few seconds ends with the table of one that was left alone.

``FW_SOAK_RUNS``, ``FW_SOAK_SECONDS`` (shortest-longest time between two kills) and ``FW_SOAK_JOBS``
make it longer or shorter.
"""

import os
import random
import signal
import subprocess
import sys

import pandas as pd
import pytest

from holding import PLUGIN, TABLE, free, hold
from processes import children_of, end, fw, left_of, start
from same_runs import assert_same_run
from tiny_runs import RECIPE, write_recipe

RUNS = int(os.environ.get("FW_SOAK_RUNS", "50"))
SECONDS = tuple(map(float, os.environ.get("FW_SOAK_SECONDS", "10-20").split("-")))
JOBS = os.environ.get("FW_SOAK_JOBS", "2")
LONGEST = 2 * 3600
TINY = RECIPE.replace("epochs = 2", "epochs = 20\npatience = 20").replace("= 16", "= 8") + TABLE
AT_LEAST = RUNS // 25  # kills, on the fastest machine
TIMES = ("seconds_per_epoch", "side_by_side")  # all that may differ between two sweeps


def sweep_recipe(folder):
    """Write a sweep of two seeds that differs from row to row in how strongly weights decay."""
    rows = [
        f'[[sweep.rows]]\nname = "row {row}"\nset = {{ "optimizer.weight_decay" = {row}e-4 }}\n'
        for row in range(RUNS // 2)
    ]
    return write_recipe(folder, "\n".join([TINY, "[sweep]\nseeds = [1, 2]", *rows]))


def words(recipe, sweeps):
    return ("sweep", recipe, "-p", PLUGIN, "--device", "cpu", "--jobs", JOBS, "--sweeps", sweeps)


def begin(recipe, kills):
    """Start the sweep, or go on with it; the first ones hold in their runs, so they are killed."""
    holds = recipe.parent / f"holds {kills}"
    environment = hold(holds, 30 * (kills + 1)) if kills < AT_LEAST else free()
    return start(*words(recipe, "killed"), cwd=recipe.parent, environment=environment)


def outlast(process, seconds):
    """Whether a process goes on for so long."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.mark.nightly
@pytest.mark.timeout(LONGEST)
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_sweep_that_is_killed_again_and_again_ends_with_the_same_table(tmp_path):
    recipe, draw, kills, children = sweep_recipe(tmp_path), random.Random(1), 0, set()
    while outlast(process := begin(recipe, kills), draw.uniform(*SECONDS)):
        children |= set(children_of(process.pid))
        process.send_signal(draw.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
        assert end(process)[0] in (-signal.SIGKILL, 143, 0)
        kills += 1
    assert process.returncode == 0
    assert kills >= AT_LEAST
    print(f"{kills} kills, {RUNS} runs")
    code, said = fw(*words(recipe, "alone"), cwd=tmp_path, seconds=LONGEST, environment=free())
    assert code == 0, said
    tables = [pd.read_csv(tmp_path / name / "tiny" / "table.csv") for name in ("killed", "alone")]
    same = [table.drop(columns=[name for name in TIMES if name in table]) for table in tables]
    pd.testing.assert_frame_equal(*same, check_exact=True)
    for run in (tmp_path / "alone" / "tiny").glob("row*"):
        assert_same_run(tmp_path / "killed" / "tiny" / run.name, run)
    assert left_of(children) == []
