"""Runs that are killed at random moments and resumed end as one that was left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from holding import PLUGIN, TABLE, free, held, hold
from processes import end, kill, start, wait_until
from same_runs import assert_same_run
from tiny_runs import CONTRAST, RECIPE, write_recipe

TESTS = Path(__file__).parents[1]
KILLS = int(os.environ.get("FW_KILLS", "100"))
# A checkpoint after every step, so that kills meet it often.
OFTEN = RECIPE.replace(
    "epochs = 2", "epochs = 12\npatience = 12\ncheckpoint_minutes = 1e-9\n"
).replace("batch_size = 16", "batch_size = 8")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "kills",
    [pytest.param(6, marks=pytest.mark.slow), pytest.param(KILLS, marks=pytest.mark.nightly)],
)
def test_runs_that_are_killed_at_random_end_like_one_that_was_not(tmp_path, kills):
    recipe = write_recipe(tmp_path, OFTEN + CONTRAST)
    done = subprocess.run(
        [sys.executable, TESTS / "faults" / "killing.py", recipe, tmp_path, str(kills), "1"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    met = json.loads(done.stdout)
    print(f"kills met a run: {met}")
    assert sum(met.values()) == kills
    killed = list(tmp_path.glob("killed-*"))
    assert killed
    for folder in killed:
        assert_same_run(folder, tmp_path / "whole")


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_by_the_command_that_is_documented(tmp_path):
    recipe = write_recipe(tmp_path, OFTEN + TABLE)

    def begin(*words, environment):
        return start("run", *words, "--device", "cpu", cwd=tmp_path, environment=environment)

    code, said = end(begin(recipe, "-p", PLUGIN, "--runs", "whole", environment=free()))
    assert code == 0, said
    holds = tmp_path / "holds"
    process = begin(recipe, "-p", PLUGIN, environment=hold(holds, 18))
    wait_until(held(holds), process)
    kill(process)
    (folder,) = (tmp_path / "runs").iterdir()
    code, said = end(begin("--resume", folder, environment=free()))
    assert code == 0, said
    assert_same_run(folder, *(tmp_path / "whole").iterdir())
