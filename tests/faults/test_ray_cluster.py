"""A sweep on a real Ray cluster of two nodes: a process of it dies, and nothing is lost."""

import sys

import pytest

from processes import end, start
from same_runs import assert_same_run
from tiny_runs import RECIPE, write_recipe

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of Ray's own processes
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals are a Unix thing"),
]
SWEEP = """
[schedule]
name = "dying"
[sweep]
seeds = [1, 2]
[[sweep.rows]]
name = "plain"
[[sweep.rows]]
name = "wider"
set = { "encoder.hidden_size" = 12 }
[[sweep.rows]]
name = "failing"
set = { "splitter.min_items" = 1000 }
"""
# Kills its process, without a word, in the second epoch of the first run that comes there.
DYING = """
import os, signal
from pathlib import Path
import attrs
from fw import hookimpl

@attrs.frozen
class Dying:
    '''A schedule that one process does not survive.'''

    def __call__(self, step, steps):
        if step == 3 and os.environ.get("FW_DIE") == "1":
            try:
                Path("died").touch(exist_ok=False)
            except FileExistsError:
                return 1.0
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

@hookimpl
def register_schedules(register):
    register("dying", Dying)
"""


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "dying.py").write_text(DYING)
    return write_recipe(tmp_path, RECIPE + SWEEP)


@pytest.fixture
def cluster(monkeypatch):
    """The address of a cluster of two nodes with a processor each, whose processes may die."""
    monkeypatch.setenv("FW_DIE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster.address
    cluster.shutdown()


def sweep(recipe, folder, *more):
    words = ("sweep", recipe, "-p", "dying", "--device", "cpu", "--sweeps", folder, *more)
    return end(start(*words, cwd=recipe.parent, environment={"FW_DIE": "0"}))


def test_a_process_of_the_cluster_dies_and_its_run_goes_on_to_the_same_end(recipe, cluster):
    code, said = sweep(recipe, "local")
    assert code == 1, said  # one row fails
    code, said = sweep(recipe, "ray", "--executor", "ray", "--address", cluster)
    assert code == 1, said
    assert (recipe.parent / "died").exists()
    assert "2 of 6 runs failed:" in said
    assert "\nfailing, seed 1: nothing to evaluate" in said
    for run in ("plain-seed1", "wider-seed1", "plain-seed2", "wider-seed2"):
        assert f"{run.replace('-seed', ', seed ')}: done" in said
        assert_same_run(
            recipe.parent / "ray" / "tiny" / run, recipe.parent / "local" / "tiny" / run
        )
    code, said = sweep(recipe, "ray")  # who does the runs is no part of their recipes
    assert "was done before" in said


def test_a_cluster_without_room_for_a_run_is_refused(recipe):
    more = ("--executor", "ray", "--set", "executor.cpus=1000")
    code, said = sweep(recipe, "ray", *more)
    assert code == 2, said
    assert "a run needs 1000 processors and 0 GPUs, but Ray has" in said


def test_an_address_where_no_cluster_is_is_told(recipe):
    code, said = sweep(recipe, "ray", "--executor", "ray", "--address", "127.0.0.1:1")
    assert code == 2, said
    assert "no Ray cluster at 127.0.0.1:1: [Errno " in said
