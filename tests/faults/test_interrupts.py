"""Processes that are asked to stop: they save, say how to go on, and end within seconds."""

import json
import re
import shlex
import signal
import sys
import time

import pytest

from processes import children_of, end, fw, kill, left_of, start, wait_until
from same_runs import assert_same_run, checkpoint
from tiny_runs import RECIPE, write_recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are a Unix thing"),
]
LONG = RECIPE.replace("epochs = 2", "epochs = 60\npatience = 60").replace("= 16", "= 8")
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
    code, said = fw("run", recipe, "--device", "cpu", cwd=recipe.parent)
    assert code == 0, said
    (folder,) = (recipe.parent / "runs").iterdir()
    return folder


def begun(folder):
    """Return the run folders below which training goes on."""
    return lambda: list(folder.glob("*/metrics.jsonl"))


def ask(process, *numbers):
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("signals", "code"),
    [([signal.SIGINT], 130), ([signal.SIGTERM], 143), ([signal.SIGINT] * 4, 130)],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C again and again"],
)
def test_case_B59_a_run_that_is_stopped_goes_on_to_the_same_end(recipe, whole, signals, code):
    process = start("run", recipe, "--device", "cpu", cwd=recipe.parent)
    wait_until(begun(recipe.parent / "runs"), process)
    ask(process, *signals)
    found, said = end(process)
    assert found == code, said
    assert "Traceback" not in said
    (folder,) = (recipe.parent / "runs").iterdir()
    assert checkpoint(folder)["selection"]["epoch"] < 60
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        json.loads(line)
    command = re.search(r"^stopped; it goes on with: fw (.*)$", said, re.MULTILINE)[1]
    assert fw(*shlex.split(command), "--device", "cpu", cwd=recipe.parent)[0] == 0
    assert_same_run(folder, whole)


def test_case_B59_a_run_that_is_stopped_before_it_trains_leaves_nothing(recipe):
    process = start("run", recipe, "--device", "cpu", cwd=recipe.parent)
    wait_until(lambda: list(recipe.parent.glob("runs/*/owner.json")), process)
    ask(process, signal.SIGINT)
    code, said = end(process)
    assert code == 130
    assert "Traceback" not in said
    trained = list(recipe.parent.glob("runs/*/state/checkpoint.pt"))
    assert trained or list((recipe.parent / "runs").iterdir()) == []


def start_sweep(recipe, *more):
    words = ("sweep", recipe, "--device", "cpu", "--jobs", "2", *more)
    return start(*words, cwd=recipe.parent)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_case_B59_a_sweep_that_is_stopped_leaves_no_process_and_goes_on(recipe, number, code):
    process = start_sweep(recipe)
    folder = recipe.parent / "sweeps" / "tiny"
    wait_until(lambda: len(begun(folder)()) == 2, process)
    children = children_of(process.pid)
    assert len(children) >= 2
    ask(process, number, number)
    found, said = end(process)
    assert found == code, said
    assert "Traceback" not in said
    assert "stopped; the same command goes on from here" in said
    assert left_of(children) == []
    for name in ("plain-seed1", "wider-seed1"):
        assert (folder / name / "state" / "checkpoint.pt").exists()
    code, said = end(start_sweep(recipe))
    assert code == 0, said
    assert len(list(folder.glob("*/result.json"))) == 4


def test_no_run_outlives_a_sweep_that_is_killed_and_the_sweep_goes_on(recipe):
    process = start_sweep(recipe)
    folder = recipe.parent / "sweeps" / "tiny"
    wait_until(lambda: len(begun(folder)()) == 2, process)
    children = children_of(process.pid)
    kill(process)
    # At once, while its runs may still be saving in their folders.
    code, said = end(start_sweep(recipe))
    assert code == 0, said
    assert left_of(children) == []
    assert len(list(folder.glob("*/result.json"))) == 4
