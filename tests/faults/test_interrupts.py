"""Processes that are asked to stop: they save, say how to go on, and end within seconds."""

import json
import re
import shlex
import signal
import sys
import time

import pytest

from holding import BUILD, PLUGIN, TABLE, free, held, hold
from processes import children_of, end, kill, left_of, start, wait_until
from same_runs import assert_same_run, checkpoint
from tiny_runs import RECIPE, write_recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are a Unix thing"),
]
BATCHES = "batch_size = 16", "batch_size = 8"  # so that an epoch has 4 steps
LONG = RECIPE.replace("epochs = 2", "epochs = 4").replace(*BATCHES) + TABLE
WITHIN = 6  # steps
SWEEP = """
[sweep]
seeds = [1, 2]
[[sweep.rows]]
name = "plain"
[[sweep.rows]]
name = "wider"
set = { "encoder.hidden_size" = 12 }
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, LONG + SWEEP)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that is not stopped."""
    recipe = write_recipe(tmp_path_factory.mktemp("whole"), LONG)
    code, said = end(start_run(recipe, free()))
    assert code == 0, said
    (folder,) = (recipe.parent / "runs").iterdir()
    return folder


def start_run(recipe, environment):
    words = ("run", recipe, "-p", PLUGIN, "--device", "cpu")
    return start(*words, cwd=recipe.parent, environment=environment)


def ask(process, *numbers):
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("signals", "code"),
    [([signal.SIGINT], 130), ([signal.SIGTERM], 143), ([signal.SIGINT] * 4, 130)],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C again and again"],
)
def test_case_B59_a_run_that_is_stopped_goes_on_to_the_same_end(recipe, whole, signals, code):
    holds = recipe.parent / "holds"
    process = start_run(recipe, hold(holds, WITHIN))
    wait_until(held(holds), process)
    ask(process, *signals)
    found, said = end(process)
    assert found == code, said
    assert "Traceback" not in said
    (folder,) = (recipe.parent / "runs").iterdir()
    stopped = checkpoint(folder)
    assert stopped["selection"]["epoch"] == 1
    assert stopped["within"]["done"] == 3
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        json.loads(line)
    command = re.search(r"^stopped; it goes on with: fw (.*)$", said, re.MULTILINE)[1]
    words = (*shlex.split(command), "--device", "cpu")
    code, said = end(start(*words, cwd=recipe.parent, environment=free()))
    assert code == 0, said
    assert_same_run(folder, whole)


def test_case_B59_a_run_that_is_stopped_before_it_trains_leaves_nothing(recipe):
    holds = recipe.parent / "holds"
    process = start_run(recipe, hold(holds, BUILD))
    wait_until(held(holds), process)
    assert list(recipe.parent.glob("runs/*/owner.json"))
    ask(process, signal.SIGINT)
    code, said = end(process)
    assert code == 130, said
    assert "Traceback" not in said
    assert list((recipe.parent / "runs").iterdir()) == []


def start_sweep(recipe, environment):
    words = ("sweep", recipe, "-p", PLUGIN, "--device", "cpu", "--jobs", "2")
    return start(*words, cwd=recipe.parent, environment=environment)


def start_holding_sweep(recipe):
    """Start a sweep whose first two runs hold; return it, its folder, and its processes."""
    holds = recipe.parent / "holds"
    process = start_sweep(recipe, hold(holds, WITHIN))
    wait_until(held(holds, processes=2), process)
    return process, recipe.parent / "sweeps" / "tiny", children_of(process.pid)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_case_B59_a_sweep_that_is_stopped_leaves_no_process_and_goes_on(recipe, number, code):
    process, folder, children = start_holding_sweep(recipe)
    assert len(children) >= 2
    ask(process, number, number)
    found, said = end(process)
    assert found == code, said
    assert "Traceback" not in said
    assert "stopped; the same command goes on from here" in said
    assert left_of(children) == []
    for name in ("plain-seed1", "wider-seed1"):
        assert checkpoint(folder / name)["within"]["done"] == 3
    code, said = end(start_sweep(recipe, free()))
    assert code == 0, said
    assert len(list(folder.glob("*/result.json"))) == 4


def test_no_run_outlives_a_sweep_that_is_killed_and_the_sweep_goes_on(recipe):
    process, folder, children = start_holding_sweep(recipe)
    kill(process)
    # At once, while its runs may still be saving in their folders.
    code, said = end(start_sweep(recipe, free()))
    assert code == 0, said
    assert left_of(children) == []
    assert len(list(folder.glob("*/result.json"))) == 4
