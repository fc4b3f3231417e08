"""Disks that are full and folders that cannot be written to: said at once, and nothing is lost."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from rich.console import Console

from fw.cli import main
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.discovery import discover
from fw.engine import run as engine
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.histories import write_histories
from fw.engine.folders.listing import list_runs
from fw.engine.reporting import Reporter
from fw.errors import RunError
from fw.executing import Ended
from fw.sweep.execute import execute
from fw.sweep.reading import read_sweep
from fw.sweep.worker import SweepSetting
from processes import start
from same_runs import assert_same_run
from tiny_runs import RECIPE, Silent, train_tiny, write_recipe

SWEEP = """
[sweep]
[[sweep.rows]]
name = "plain"
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, RECIPE.replace("epochs = 2", "epochs = 4"))


@contextmanager
def at_most(size):
    """Let no file of this process grow beyond ``size`` bytes: what a full disk does to writers."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


class Dies(Silent):
    """Ends the run after an epoch was written down and before its checkpoint."""

    def __init__(self, epoch):
        super().__init__()
        self.at = epoch

    def line(self, line, state, training):
        if line["epoch"] == self.at:
            raise KeyboardInterrupt


def train_in_part(recipe, epoch):
    with pytest.raises(KeyboardInterrupt):
        engine.run(recipe, runs=recipe.parent / "runs", device="cpu", reporter=Dies(epoch))
    (folder,) = (recipe.parent / "runs").iterdir()
    return folder


# A full disk ---------------------------------------------------------------------------------


def test_case_B58_a_disk_that_fills_up_loses_nothing_and_the_run_goes_on_afterwards(recipe):
    whole = train_tiny(recipe, runs=recipe.parent / "whole")
    folder = train_in_part(recipe, 3)
    checkpoint = folder / "state" / "checkpoint.pt"
    before, found = checkpoint.read_bytes(), names(folder)
    with at_most(len(before) // 2), pytest.raises(RunError) as caught:
        engine.resume(folder, device="cpu", reporter=Silent())
    assert str(caught.value) == f"cannot write {checkpoint}: File too large"
    assert caught.value.exit_code == 2
    assert checkpoint.read_bytes() == before
    assert names(folder) == found
    engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_run(folder, whole)


FILES = {
    "state/checkpoint.pt": lambda folder, size: folder.save_state({"x": torch.zeros(size)}),
    "best.safetensors": lambda folder, size: folder.save_weights({"x": torch.zeros(size)}),
    "metrics.jsonl": lambda folder, size: folder.append_line({"epoch": 1, "x": "x" * size}),
    "result.json": lambda folder, size: folder.write_json("result.json", {"x": "x" * size}),
    "ranks.parquet": lambda folder, size: folder.write_ranks(
        pd.DataFrame({"x": torch.rand(size).numpy()})
    ),
    "items.parquet": lambda folder, size: write_histories(folder, split_of(items=size)),
    "histories.parquet": lambda folder, size: write_histories(folder, split_of(rows=size)),
}


def split_of(items=60, rows=60):
    """A split of a user who had so many items, each of them as often as the others."""
    numbers = np.arange(1, max(items, rows) + 1) % items
    store = SequenceStore(
        items=np.random.default_rng(1).permutation(numbers + 1).astype(np.int32),
        offsets=np.array([0, len(numbers)]),
        source_rows=np.arange(len(numbers)),
        user_ids=np.array(["u"], dtype=object),
        item_ids=np.array([f"{one:x}" for one in range(items)], dtype=object),
    )
    nobody = CaseList(*(np.array([], dtype=np.int64) for _ in range(2)))
    return Split(store=store, train_lengths=np.array([0]), valid=nobody, test=nobody)


@pytest.mark.parametrize("name", FILES)
def test_case_B58_every_file_of_a_run_stays_as_it_was(tmp_path, name):
    folder, path = RunFolder.claim(tmp_path / "run"), tmp_path / "run" / name
    FILES[name](folder, 1)
    before, found = path.read_bytes(), names(tmp_path)
    with at_most(len(before) + 1000), pytest.raises(RunError) as caught:
        FILES[name](folder, 10_000)
    assert str(caught.value) == f"cannot write {path}: File too large"
    assert path.read_bytes() == before
    assert names(tmp_path) == found


def test_case_B58_the_command_says_which_file_and_why(recipe):
    folder = train_in_part(recipe, 2)
    size = (folder / "state" / "checkpoint.pt").stat().st_size // 2
    with at_most(size):
        done = CliRunner().invoke(main, ["run", "--resume", str(folder), "--device", "cpu"])
    assert done.exit_code == 2
    said = done.stderr.splitlines()
    assert said[-1] == f"cannot write {folder / 'state' / 'checkpoint.pt'}: File too large"
    assert "Traceback" not in done.output


full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@full
def test_case_B58_a_log_that_is_full_ends_no_run(recipe):
    file = open("/dev/full", "w")  # noqa: SIM115 (closing it fails too)
    reporter = Reporter(Console(file=file))
    result = engine.run(recipe, runs=recipe.parent / "runs", device="cpu", reporter=reporter)
    assert (result.folder / "result.json").exists()
    with suppress(OSError):
        file.close()


@full
def test_case_B58_a_log_that_is_full_ends_no_run_of_a_sweep(tmp_path):
    (job,) = read_sweep(write_recipe(tmp_path, RECIPE + SWEEP), discover()).jobs()
    setting = SweepSetting(folder=tmp_path / "sweep", device="cpu")
    setting.log(job.name).parent.mkdir(parents=True)
    setting.log(job.name).symlink_to("/dev/full")
    assert list(execute(setting, [job]))[-1] == Ended(job=job)


@full
@pytest.mark.slow
def test_case_B58_a_command_whose_messages_go_nowhere_still_trains(recipe):
    with open("/dev/full", "w") as nowhere:
        process = start("run", recipe, "--device", "cpu", cwd=recipe.parent, stderr=nowhere)
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert list(recipe.parent.glob("runs/*/result.json"))


# Folders that cannot be written to -----------------------------------------------------------


def refused(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    return done.stderr.splitlines()[-1]


def test_case_B57_a_run_below_a_file_is_refused_before_training(recipe):
    runs = recipe.parent / "file" / "runs"
    runs.parent.touch()
    said = refused("run", recipe, "--device", "cpu", "--runs", runs)
    assert said.startswith(f"cannot make the run folder {runs / 'tiny-'}")
    assert said.endswith(": Not a directory")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_case_B57_not_even_root_writes_into_proc(recipe):
    said = refused("run", recipe, "--device", "cpu", "--runs", "/proc/x")
    assert said.startswith("cannot make the run folder /proc/x/tiny-")
    assert said.endswith(": No such file or directory")


def test_case_B57_a_sweep_below_a_file_is_refused_before_training(tmp_path):
    recipe, folder = write_recipe(tmp_path, RECIPE + SWEEP), tmp_path / "file" / "sweeps"
    folder.parent.touch()
    said = refused("sweep", recipe, "--device", "cpu", "--sweeps", folder)
    assert said == f"cannot make the folder {folder / 'tiny'}: Not a directory"


# ``fw`` in a mount namespace of its own, where a folder is read-only even for root.
READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"
"""


def with_read_only(folder, *words):
    own = ["unshare", "-rm", "sh", "-c", READ_ONLY, "sh", str(folder)]
    if (
        not shutil.which("unshare")
        or subprocess.run([*own, "true"], capture_output=True).returncode
    ):
        pytest.skip("needs to mount a folder read-only in a namespace of its own (unshare)")
    words = [*own, sys.executable, "-m", "fw", *map(str, words)]
    return subprocess.run(words, capture_output=True, text=True, cwd=folder.parent)


@pytest.mark.slow
def test_case_B57_a_read_only_folder_is_refused_before_training(recipe):
    runs = recipe.parent / "runs"
    runs.mkdir()
    done = with_read_only(runs, "run", recipe, "--device", "cpu", "--runs", runs)
    assert done.returncode == 2, done.stderr
    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"cannot make the run folder {runs / 'tiny-'}")
    assert said.endswith(": Read-only file system")


@pytest.mark.slow
def test_case_B57_a_read_only_run_is_not_resumed_but_listed(recipe):
    folder = train_in_part(recipe, 2)
    before = {name: (folder / name).read_bytes() for name in ("recipe.toml", "state/checkpoint.pt")}
    done = with_read_only(folder.parent, "run", "--resume", folder, "--device", "cpu")
    assert done.returncode == 2
    assert done.stderr == f"cannot write {folder / 'owner.lock'}: Read-only file system\n"
    assert {name: (folder / name).read_bytes() for name in before} == before
    done = with_read_only(folder.parent, "runs", "--runs", folder.parent)
    assert done.returncode == 0, done.stderr
    assert "stopped" in done.stdout


@pytest.mark.slow
def test_case_B57_data_in_a_read_only_folder_is_used(recipe, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (recipe.parent / "log.csv").rename(data / "log.csv")
    words = ("run", recipe, "--device", "cpu", "--data", data, "--runs", tmp_path / "runs")
    done = with_read_only(data, *words)
    assert done.returncode == 0, done.stderr
    assert [run.state for run in list_runs(tmp_path / "runs")] == ["finished"]
