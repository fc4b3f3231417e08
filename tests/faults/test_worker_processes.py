"""Worker processes of loaders, in runs that end, are stopped, are killed, or are a script's."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import torch

from fw.engine import run as engine
from holding import PLUGIN as HOLDING
from holding import TABLE, free, held, hold
from processes import SECONDS, children_of, end, is_alive, start, wait_until
from same_runs import assert_same_run
from tiny_runs import RECIPE, Silent, train_tiny, write_recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
STRANGERS = Path(__file__).parents[1] / "third_party" / "fw-item-dropout"
PLUGIN = "fw_item_dropout"
ENVIRONMENT = free([STRANGERS])
CONTRAST = """
[[augmenters]]
name = "item_dropout"
[pooling]
name = "mean"
[[losses]]
name = "nt_xent"
weight = 0.1
"""
LONG = (RECIPE + CONTRAST + TABLE).replace("epochs = 2", "epochs = 4")
LOADERS = ("warp", "dataloader")


def loader(name):
    return f'loader={{name="{name}", num_workers=2}}'


@pytest.fixture
def one_thread():
    """Compute here as the started processes do: sums over threads differ in their last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe with a stranger's augmenter."""
    monkeypatch.syspath_prepend(STRANGERS)
    return write_recipe(tmp_path, LONG)


def run(recipe, *overrides):
    """Run in this process and return the folder."""
    runs = recipe.parent / "runs here"
    return train_tiny(recipe, *overrides, runs=runs, plugins=(PLUGIN, HOLDING))


def begin(recipe, name, **more):
    """Start a run that holds; return the process, the run folder and the worker processes."""
    words = ("run", recipe, "-p", PLUGIN, "-p", HOLDING, "--device", "cpu", "--set", loader(name))
    holds = recipe.parent / "holds"
    environment = hold(holds, 3, path=[STRANGERS])  # an epoch has 2 steps
    process = start(*words, cwd=recipe.parent, environment=environment, **more)
    wait_until(held(holds), process)
    (folder,) = (recipe.parent / "runs").iterdir()
    workers = children_of(process.pid)
    assert len(workers) >= 2
    return process, folder, workers


def assert_gone(processes):
    """Wait until none of the processes is left."""
    deadline = time.monotonic() + SECONDS
    while any(map(is_alive, processes)):
        assert time.monotonic() < deadline, processes
        time.sleep(0.05)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", LOADERS)
def test_ctrl_c_ends_run_and_workers_and_the_run_goes_on_to_the_same_end(recipe, name):
    process, folder, workers = begin(recipe, name, start_new_session=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    code, said = end(process)
    assert code == 130, said
    assert "Traceback" not in said
    assert_gone(workers)
    resumed = engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_run(run(recipe), resumed.folder)


@pytest.mark.parametrize("name", LOADERS)
def test_workers_end_with_a_run_that_is_killed(recipe, name):
    process, _, workers = begin(recipe, name)
    process.kill()
    end(process)
    assert_gone(workers)


SCRIPT = """
import json, sys
import fw
{guard}
    result = fw.run({recipe!r}, plugins=["fw_item_dropout", "holding"], runs={runs!r}, device="cpu",
                    overrides=["training.epochs=2", {loader!r}])
    print(json.dumps(result.metrics))
"""


def script(recipe, name, guard):
    path, runs = recipe.parent / "script.py", str(recipe.parent / "runs")
    text = textwrap.dedent(SCRIPT)
    path.write_text(text.format(guard=guard, recipe=str(recipe), runs=runs, loader=loader(name)))
    return subprocess.run(
        [sys.executable, path],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_case_B65_a_script_with_a_main_guard_runs(recipe):
    done = script(recipe, "warp", 'if __name__ == "__main__":')
    assert done.returncode == 0, done.stderr
    result = json.loads((run(recipe, "training.epochs=2") / "result.json").read_text())["metrics"]
    assert json.loads(done.stdout) == {name: one["value"] for name, one in result.items()}


@pytest.mark.parametrize("name", LOADERS)
def test_case_B65_a_script_without_a_main_guard_is_told_what_it_needs(recipe, name):
    done = script(recipe, name, "if True:")
    assert done.returncode != 0
    assert "fw was called while a worker process was starting" in done.stderr
    assert 'needs `if __name__ == "__main__":` in front of what it does' in done.stderr
    assert [*(recipe.parent / "runs").glob("*")] == []  # nothing was trained, nor began anew
