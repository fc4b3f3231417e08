"""One of several processes dies, or differs: the others end within seconds, and nothing is lost."""

import json
import os
import re
import signal
import sys
import time

import pandas as pd
import pytest

from holding import PLUGIN, TABLE, free, held, hold
from processes import children_of, end, left_of, start, wait_until
from same_runs import checkpoint, lines
from tiny_runs import RECIPE, USERS, write_recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are a Unix thing"),
]
BATCHES = "batch_size = 16", "batch_size = 8"  # so that an epoch has 4 steps
LONG = RECIPE.replace("epochs = 2", "epochs = 4").replace(*BATCHES) + TABLE
WITHIN = 6  # steps
SOON = 20  # seconds, on a busy machine
# One process fails by itself: the second, at the second step of the second epoch.
FAILING = """
import os
import attrs
from fw import hookimpl

@attrs.frozen
class Failing:
    '''A schedule that one process cannot follow.'''

    def __call__(self, step, steps):
        if step == 5 and os.environ["RANK"] == "1":
            raise ZeroDivisionError("no rate")
        return 1.0

@hookimpl
def register_schedules(register):
    register("failing", Failing)
"""

# The second process is killed in the second epoch, the first time that it comes there.
DYING = """
import os, signal
import attrs
from fw import hookimpl

@attrs.frozen
class Dying:
    '''A schedule that one process does not survive.'''

    def __call__(self, step, steps):
        first = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
        if step == 6 and first and os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

@hookimpl
def register_schedules(register):
    register("dying", Dying)
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, LONG)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that one process makes."""
    recipe = write_recipe(tmp_path_factory.mktemp("whole"), LONG)
    code, said = end(start("run", recipe, "-p", PLUGIN, cwd=recipe.parent, environment=free()))
    assert code == 0, said
    return folder_of(recipe)


def start_run(recipe, environment, *more):
    words = ("run", recipe, "-p", PLUGIN, "--device", "cpu", "--processes", "2", *more)
    return start(*words, cwd=recipe.parent, environment=environment)


def folder_of(recipe):
    (folder,) = (recipe.parent / "runs").iterdir()
    return folder


def rank_of(pid):
    with open(f"/proc/{pid}/environ") as file:
        given = dict(entry.partition("=")[::2] for entry in file.read().split("\0"))
    return int(given["RANK"])


def assert_same_end(folder, whole):
    """Compare with the run of one process, whose sums are rounded otherwise."""
    assert len(lines(folder)) == len(lines(whole))
    for one, other in zip(lines(folder), lines(whole), strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-4)
        assert (one["users"], one["interactions"]) == (other["users"], other["interactions"])
    found, wanted = (
        {n: entry["value"] for n, entry in json.loads(text)["metrics"].items()}
        for text in ((path / "result.json").read_text() for path in (folder, whole))
    )
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if not name.endswith("_effective"):
            assert found[name] == pytest.approx(value, abs=0.05), name
    assert len(pd.read_parquet(folder / "ranks.parquet")) == len(
        pd.read_parquet(whole / "ranks.parquet")
    )


def assert_goes_on_to_the_same_end(folder, whole, place):
    words = ("run", "--resume", folder, "--device", "cpu", "--processes", "2")
    code, said = end(start(*words, cwd=place, environment=free()))
    assert code == 0, said
    assert_same_end(folder, whole)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_so_many_processes_end_as_one_does(recipe, whole, number):
    words = ("run", recipe, "-p", PLUGIN, "--device", "cpu", "--processes", number)
    code, said = end(start(*words, cwd=recipe.parent, environment=free()))
    assert code == 0, said
    assert_same_end(folder_of(recipe), whole)
    assert said.count("run folder") == 2  # one process speaks, at the beginning and at the end
    assert json.loads((folder_of(recipe) / "environment.json").read_text())["processes"] == number


def test_no_process_outlives_a_launcher_that_is_killed_and_the_run_goes_on(recipe, whole):
    holds = recipe.parent / "holds"
    process = start_run(recipe, hold(holds, WITHIN))
    wait_until(held(holds, 2), process)
    pids = [int(path.name) for path in holds.iterdir()]
    process.kill()
    end(process)  # its pipes are closed with the last that holds them
    assert not left_of(pids, SOON)
    folder = folder_of(recipe)
    assert checkpoint(folder)["within"]["done"] == 3
    assert_goes_on_to_the_same_end(folder, whole, recipe.parent)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_others_and_the_run_goes_on_without_loss(recipe, whole, victim):
    holds = recipe.parent / "holds"
    process = start_run(recipe, hold(holds, WITHIN))
    wait_until(held(holds, 2), process)
    pids = {rank_of(path.name): int(path.name) for path in holds.iterdir()}
    os.kill(pids[victim], signal.SIGKILL)
    killed = time.monotonic()
    code, said = end(process)
    assert time.monotonic() - killed < SOON
    assert code == 1, said
    assert f"process {victim + 1} of 2 was ended by SIGKILL: killed from outside" in said
    assert "Traceback" not in said
    assert not left_of(pids.values(), 0)
    folder = folder_of(recipe)
    assert checkpoint(folder)["selection"]["epoch"] == 1
    assert_goes_on_to_the_same_end(folder, whole, recipe.parent)


def test_a_restart_goes_on_in_the_same_folder_after_the_last_epoch(recipe, whole):
    (recipe.parent / "dying.py").write_text(DYING)
    recipe.write_text(recipe.read_text().replace('"holding"', '"dying"'))
    words = ("run", recipe, "-p", "dying", "--device", "cpu", "--processes", "2")
    code, said = end(start(*words, "--restarts", "1", cwd=recipe.parent))
    assert code == 0, said
    assert_same_end(folder_of(recipe), whole)
    assert said.count("epoch   1/4") == 1
    assert said.count("epoch   2/4") == 1


def test_a_signal_stops_all_at_one_step_and_the_run_goes_on(recipe, whole):
    holds = recipe.parent / "holds"
    process = start_run(recipe, hold(holds, WITHIN))
    wait_until(held(holds, 2), process)
    workers = children_of(process.pid)
    process.send_signal(signal.SIGTERM)
    code, said = end(process)
    assert code == 143, said
    assert not left_of(workers, 0)
    folder = folder_of(recipe)
    assert f"stopped; it goes on with: fw run --resume {folder.relative_to(recipe.parent)}" in said
    assert checkpoint(folder)["within"]["done"] == 3
    assert_goes_on_to_the_same_end(folder, whole, recipe.parent)


def test_the_others_end_with_the_message_of_the_one_that_failed(recipe):
    (recipe.parent / "failing.py").write_text(FAILING)
    recipe.write_text(recipe.read_text().replace('"holding"', '"failing"'))
    words = ("run", recipe, "-p", "failing", "--device", "cpu", "--processes", "2")
    code, said = end(start(*words, cwd=recipe.parent))
    assert code == 1, said
    told = "process 1 of 2 stops: process 2 failed: schedule 'failing' failed in a run"
    assert told in said
    assert "ZeroDivisionError: no rate" in said
    assert "was ended by" not in said
    assert checkpoint(folder_of(recipe))["selection"]["epoch"] == 1


# Gives the second process another recipe, or other data, than the first.
DIFFERING = """
import os, sys
from fw.cli import main
if os.environ["RANK"] == "1":
    sys.argv += sys.argv.pop(1).split(",")
else:
    sys.argv.pop(1)
main()
"""


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("--set,training.epochs=7", "has a recipe other than that of process 1"),
        ("--data,other", "has data other than that of process 1"),
    ],
    ids=["recipe", "data"],
)
def test_processes_with_different_recipes_or_data_are_told_so_once(recipe, more, told):
    script = recipe.parent / "differing.py"
    script.write_text(DIFFERING)
    log = (recipe.parent / "log.csv").read_text().splitlines()
    fewer = [line for line in log if not line.startswith(f"{USERS[3]},")]
    (recipe.parent / "log.csv").unlink()
    for name, kept in (("one", log), ("other", fewer)):
        (recipe.parent / name).mkdir()
        (recipe.parent / name / "log.csv").write_text("\n".join(kept) + "\n")
    words = ["run", recipe, "-p", PLUGIN, "--device", "cpu", "--data", "one"]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = start(*words, cwd=recipe.parent, environment=free(), python=[*launcher, script, more])
    code, said = end(process)
    assert code != 0
    assert len(re.findall(r"^process 2 of 2 \(on ", said, re.MULTILINE)) == 1  # not by each
    assert told in said
    assert not list((recipe.parent / "runs").glob("*/recipe.toml"))
