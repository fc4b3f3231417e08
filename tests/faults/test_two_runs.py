"""Two runs and one folder: the second is told who has it; what is finished stays as it is."""

import os
import platform
import signal
import subprocess
import sys

import pytest

from fw.engine import run as engine
from fw.engine.folders.ownership import is_owned, owned
from fw.errors import RunError
from processes import end, start, wait_until
from same_runs import assert_same_run
from tiny_runs import RECIPE, Silent, train_tiny, write_recipe

# A process that holds a folder until it is told to end.
HOLD = """
import sys
from pathlib import Path
from fw.engine.folders.ownership import owned
with owned(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_case_B60_runs_that_start_at_the_same_moment_have_folders_of_their_own(recipe):
    first = train_tiny(recipe)
    second = train_tiny(recipe, "seed=2")
    assert first != second
    alone = train_tiny(recipe, "seed=2", runs=recipe.parent / "alone")
    assert_same_run(second, alone)


def test_case_B60_a_finished_run_is_not_overwritten(recipe):
    folder = train_tiny(recipe)
    before = contents(folder)
    engine.resume(folder, device="cpu", reporter=Silent())
    engine.run_in(folder, recipe, overrides=["seed=2"], device="cpu", reporter=Silent())
    assert contents(folder) == before


def test_case_B60_a_run_that_finished_while_another_waited_for_its_folder_is_left_alone(
    recipe, monkeypatch
):
    folder = train_tiny(recipe)
    result = (folder / "result.json").rename(recipe.parent / "kept.json")
    before = contents(folder)
    hold = engine.RunFolder.owned

    def finish_first(self, patience=1.0):
        result.rename(folder / "result.json")
        return hold(self, patience)

    monkeypatch.setattr(engine.RunFolder, "owned", finish_first)
    engine.resume(folder, device="cpu", reporter=Silent())
    after = contents(folder)
    del after[folder / "result.json"]
    assert after == before


def test_case_B60_a_folder_that_is_held_says_by_whom(tmp_path):
    with owned(tmp_path), pytest.raises(RunError) as caught, owned(tmp_path, patience=0.1):
        pass
    assert str(caught.value) == (
        f"{tmp_path} is in use by another run: process {os.getpid()} on {platform.node()}"
    )


def test_an_owner_that_has_not_said_who_it_is_is_unknown(tmp_path):
    with owned(tmp_path):
        (tmp_path / "owner.json").write_text("")
        with pytest.raises(RunError) as caught, owned(tmp_path, patience=0.1):
            pass
    assert str(caught.value) == f"{tmp_path} is in use by another run: an unknown process"


def test_a_folder_is_free_afterwards_and_what_was_half_written_is_gone(tmp_path):
    (tmp_path / "state").mkdir()
    halves = [tmp_path / ".result.json.1a.part", tmp_path / "state" / ".checkpoint.pt.2b.part"]
    for half in halves:
        half.write_text("half")
    with owned(tmp_path):
        assert not any(half.exists() for half in halves)
        assert is_owned(tmp_path)
    assert not is_owned(tmp_path)
    assert not (tmp_path / "owner.json").exists()


def test_case_B60_a_lock_dies_with_its_owner(tmp_path):
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunError) as caught, owned(tmp_path, patience=0.1):
            pass
        assert f"process {holder.pid} on " in str(caught.value)
        holder.kill()
        holder.wait()
    assert (tmp_path / "owner.json").exists()  # it could not tidy up
    with owned(tmp_path, patience=0.1):
        assert is_owned(tmp_path)


@pytest.mark.slow
def test_case_B60_of_two_processes_that_resume_one_run_the_second_is_refused(recipe):
    endless = RECIPE.replace("epochs = 2", "epochs = 100000\npatience = 100000")
    recipe.write_text(endless)
    first = start("run", recipe, "--device", "cpu", cwd=recipe.parent)
    wait_until(lambda: list(recipe.parent.glob("runs/*/metrics.jsonl")), first)
    (folder,) = (recipe.parent / "runs").iterdir()
    code, said = end(start("run", "--resume", folder, "--device", "cpu", cwd=recipe.parent))
    first.send_signal(signal.SIGTERM)
    assert end(first)[0] == 143
    assert code == 2
    assert said == (
        f"{folder} is in use by another run: process {first.pid} on {platform.node()}\n"
    )
