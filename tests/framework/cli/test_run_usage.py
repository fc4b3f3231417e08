"""``fw run``: what is refused before anything is read or trained."""

import subprocess
import sys

import pytest
import torch

from tiny_runs import write_recipe

PLUGIN = """
import attrs
from fw import Sequences, hookimpl

@attrs.frozen(kw_only=True)
class Same:
    '''Leave the sequence alone.'''

    def __call__(self, sequences: Sequences, rng) -> Sequences:
        return sequences

@hookimpl
def register_augmenters(register):
    register("same_as_before", Same)
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path)


def last_line(result):
    return result.stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [["--epoch", "1"], ["--config", "r.toml"], ["more"]])
def test_case_B55_unknown_options_are_usage_errors(command, recipe, words):
    result = command("run", recipe, *words, code=2)
    assert result.stderr.startswith("Usage: ")
    assert not (recipe.parent / "runs").exists()


def test_neither_a_recipe_nor_a_run(command):
    assert last_line(command("run", code=2)) == "Error: give either a RECIPE or --resume RUN"


def test_both_a_recipe_and_a_run(command, recipe):
    result = command("run", recipe, "--resume", "runs/x", code=2)
    assert last_line(result) == "Error: give either a RECIPE or --resume RUN"


@pytest.mark.parametrize("more", [["--set", "seed=2"], ["-p", "module"]])
def test_a_resumed_run_keeps_its_recipe(command, more):
    assert last_line(command("run", "--resume", "runs/x", *more, code=2)) == (
        "Error: --resume goes on with the run's own recipe: no --set and no -p"
    )


def test_a_run_that_is_not_there_cannot_be_resumed(command, tmp_path):
    path = tmp_path / "nowhere"
    assert command("run", "--resume", path, code=2).stderr == (
        f"not a run folder (it has no recipe.toml): {path}\n"
    )


def test_a_recipe_that_is_wrong_leaves_no_folder(command, recipe, tmp_path):
    runs = tmp_path / "runs"
    result = command("run", recipe, "--set", "seed=x", "--runs", runs, code=2)
    assert result.stderr == (
        "--set seed=x: seed must be an integer between 0 and 9223372036854775807, "
        'found "x" (string)\n'
    )
    assert not runs.exists()


@pytest.fixture
def without_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("without_gpu")
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_case_B66_a_device_that_is_not_there(command, recipe, tmp_path, name):
    runs = tmp_path / "runs"
    assert command("run", recipe, "--device", name, "--runs", runs, code=2).stderr == (
        f"device '{name}' is not available on this machine; there is: cpu\n"
    )
    assert not runs.exists()


@pytest.mark.usefixtures("without_gpu")
def test_case_B66_the_device_that_was_chosen_is_said(command, recipe, tmp_path):
    words = ("--set", "training.epochs=1", "--runs", tmp_path / "runs")
    assert "\ndevice cpu, run folder " in command("run", recipe, *words).output


def test_case_B57_runs_cannot_be_below_a_file(command, recipe, tmp_path):
    (tmp_path / "f").write_text("")
    result = command("run", recipe, "--runs", tmp_path / "f" / "runs", code=2)
    folder, said = result.stderr.rstrip().rsplit(": ", 1)
    assert folder.startswith(f"cannot make the run folder {tmp_path / 'f' / 'runs' / 'tiny-'}")
    assert said == "Not a directory"


def test_a_module_that_does_not_exist_is_refused_though_the_recipe_does_not_use_it(
    command, recipe, tmp_path
):
    result = command("run", recipe, "-p", "no_such_module", "--runs", tmp_path / "runs", code=2)
    assert result.stderr == (
        "-p no_such_module: No module named 'no_such_module'\n"
        "    -p takes the name of a module, installed or in the current folder\n"
    )


def test_case_B51_a_plugin_that_fails_is_one_warning_and_the_run_goes_on(
    command, recipe, install, tmp_path
):
    install("fw-broken", "0.3", {"fw_broken": "raise SystemExit(0)"}, {"loss-broken": "fw_broken"})
    words = ("--set", "training.epochs=1", "--device", "cpu", "--runs", tmp_path / "runs")
    said = command("run", recipe, *words).stderr
    warning = "warning: plugin loss-broken (fw-broken 0.3) was not loaded: SystemExit: 0\n"
    assert said.count("was not loaded") == said.count(warning) == 1


def test_a_run_uses_a_module_of_the_current_folder(recipe, tmp_path):
    (tmp_path / "same_as_before.py").write_text(PLUGIN)
    own = ["--set", 'augmenters=[{name="same_as_before"}]', "--set", 'pooling={name="mean"}']
    words = ["-p", "same_as_before", *own, "--set", "training.epochs=1", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "fw", "run", recipe, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs").iterdir()
    assert 'name = "same_as_before"' in (run / "recipe.toml").read_text()
