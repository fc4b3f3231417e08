"""Trackers are told all of a run, and nothing that one does can break it."""

import json
import signal
import sys
from contextlib import contextmanager

import pytest
import torch

from fw.comparison.finished import Begun
from fw.engine import run as engine
from fw.errors import PluginError
from fw.stopping import Stopped
from same_runs import assert_same_run
from tiny_runs import Silent, write_recipe

PLUGIN = """
import attrs, copy, torch
from fw import hookimpl

CALLS = []

class Recorder:
    def __init__(self, settings):
        self.name, self.fails_in, self.error = settings.label, settings.fails_in, settings.error

    def note(self, call, told=None):
        torch.rand(3)
        CALLS.append((self.name, call, copy.deepcopy(told)))
        if call == self.fails_in:
            raise {"exit": SystemExit, "error": RuntimeError}[self.error]("no blah")

    def begin(self, run):
        self.note("begin", (run.name, run.folder, run.recipe, run.epochs))

    def epoch(self, line):
        self.note("epoch", line)

    def end(self, result):
        self.note("end", result)

    def close(self):
        self.note("close")


@attrs.frozen(kw_only=True)
class Odd:
    '''A tracker that remembers, and goes wrong where it is told to.'''

    label: str = "it"
    fails_in: str = ""
    error: str = "error"

    def build(self, info):
        if self.fails_in == "build":
            raise RuntimeError("no blah")
        return Recorder(self)


@hookimpl
def register_trackers(register):
    register("odd", Odd)
"""
BROKEN_LOSS = """
import attrs
from typing import ClassVar
from fw import hookimpl

@attrs.frozen
class Broken:
    '''A loss that fails.'''
    requires: ClassVar = frozenset()

    def __call__(self, output):
        raise RuntimeError("no loss")

@hookimpl
def register_losses(register):
    register("broken", Broken)
"""
OWNER = "    it comes from plugin odd, distribution fw-odd 0.7\n"
OFF = "    it is switched off for this run, which goes on"


class Listening(Silent):
    """Remembers warnings; may have the run stopped in an epoch."""

    def __init__(self, stop_in=None):
        super().__init__()
        self.warned, self.stop_in = [], stop_in

    def warn(self, message):
        self.warned.append(message)

    @contextmanager
    def epoch(self, epoch, plans, done=0):
        if epoch == self.stop_in:
            signal.raise_signal(signal.SIGTERM)
        yield lambda users: None


@pytest.fixture
def recipe(tmp_path, install):
    install("fw-odd", "0.7", {"fw_odd": PLUGIN}, {"odd": "fw_odd"})
    install("fw-broken", "0.1", {"fw_broken": BROKEN_LOSS}, {"broken": "fw_broken"})
    return write_recipe(tmp_path)


@pytest.fixture
def run(recipe):
    """A function that runs the recipe, with trackers, and returns folder, calls and warnings."""

    def run(*trackers, overrides=(), reporter=None, runs="runs"):
        reporter = reporter or Listening()
        tables = ", ".join(f'{{name = "odd", {settings}}}' for settings in trackers)
        chosen = (f"trackers=[{tables}]",) if trackers else ()
        folder = recipe.parent / runs
        engine.run(
            recipe, overrides=(*chosen, *overrides), runs=folder, device="cpu", reporter=reporter
        )
        (made,) = folder.iterdir()
        return made, calls(), reporter.warned

    return run


def calls():
    """Return what trackers were told since the last time."""
    found = list(sys.modules["fw_odd"].CALLS) if "fw_odd" in sys.modules else []
    if found:
        sys.modules["fw_odd"].CALLS.clear()
    return found


def names(told):
    return [(name, call) for name, call, _ in told]


def test_a_tracker_is_told_recipe_epochs_and_result(run):
    folder, told, warned = run('label = "a"')
    assert [call for _, call, _ in told] == ["begin", "epoch", "epoch", "end", "close"]
    (name, path, recipe, epochs), first, second, result, _ = (what for _, _, what in told)
    assert (name, path, epochs) == (folder.name, folder.absolute(), 0)
    assert recipe["encoder"]["hidden_size"] == 8
    assert recipe["trackers"] == [{"name": "odd", "label": "a", "fails_in": "", "error": "error"}]
    written = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [{**line, "data": written[0]["data"]} for line in (first, second)] == written
    assert result == json.loads((folder / "result.json").read_text())
    assert warned == []


def test_several_trackers_are_told_in_the_order_of_the_recipe(run):
    _, told, _ = run('label = "a"', 'label = "b"')
    steps = ["begin", "epoch", "epoch", "end", "close"]
    assert names(told) == [(name, step) for step in steps for name in "ab"]


def test_what_is_tracked_does_not_change_a_run(run):
    """Trackers that draw from torch's generator, and run after a plugin that draws from it too."""
    with_trackers, _, _ = run('label = "a"', runs="with")
    without, _, _ = run(runs="without")
    assert_same_run(with_trackers, without)


DOING = {
    "build": "while it was built",
    "begin": "at the beginning of the run",
    "epoch": "after epoch 1",
    "end": "at the end of the run",
    "close": "when it was closed",
}


@pytest.mark.parametrize("error", ["error", "exit"])
@pytest.mark.parametrize("step", DOING)
def test_a_tracker_that_raises_is_named_and_switched_off_and_the_others_go_on(run, step, error):
    folder, told, warned = run(
        f'label = "bad", fails_in = "{step}", error = "{error}"', 'label = "it"'
    )
    kind = "SystemExit" if error == "exit" and step != "build" else "RuntimeError"
    assert warned == [f"tracker 'odd' failed {DOING[step]}: {kind}: no blah\n{OWNER}{OFF}"]
    steps = ["begin", "epoch", "epoch", "end", "close"]
    assert [call for name, call, _ in told if name == "it"] == steps
    bad = [call for name, call, _ in told if name == "bad"]
    expected = {
        "build": [],
        "begin": ["begin", "close"],
        "epoch": ["begin", "epoch", "close"],
        "end": ["begin", "epoch", "epoch", "end", "close"],
        "close": steps,
    }
    assert bad == expected[step]
    assert (folder / "result.json").exists()


def test_a_run_that_goes_on_has_new_trackers_that_know_how_far_it_is(run, recipe):
    with pytest.raises(Stopped):
        run('label = "a"', reporter=Listening(stop_in=2))
    assert [call for _, call, _ in calls()] == ["begin", "epoch", "close"]
    (folder,) = (recipe.parent / "runs").iterdir()
    engine.resume(folder, device="cpu", reporter=Silent())
    told = calls()
    assert [call for _, call, _ in told] == ["begin", "epoch", "end", "close"]
    (*_, epochs), line = told[0][2], told[1][2]
    assert (epochs, line["epoch"]) == (1, 2)


def test_a_run_that_fails_closes_its_trackers(run):
    with pytest.raises(PluginError):
        run('label = "a"', overrides=['losses=[{name="broken"}]'])
    assert [call for _, call, _ in calls()] == ["begin", "close"]


def test_trackers_make_no_other_method_of_a_run(run):
    """Runs with and without them, in two seeds, are one arm of a comparison."""
    tracked, _, _ = run('label = "a"', runs="with")
    plain, _, _ = run(overrides=["seed=2"], runs="without")
    assert Begun.open(tracked).identity == Begun.open(plain).identity
    listed = json.loads((tracked / "environment.json").read_text())["plugins"]
    assert "odd" not in [plugin for plugin, _, _ in listed]


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_without_its_library_a_tracker_is_switched_off_and_the_pip_command_is_named(
    run, monkeypatch, name
):
    monkeypatch.setitem(sys.modules, name, None)
    folder, _, (warned,) = run(overrides=[f'trackers=[{{name="{name}"}}]'])
    first, *rest = warned.splitlines()
    assert first == (
        f"tracker '{name}' failed at the beginning of the run: it needs {name}, which is not "
        "installed"
    )
    assert rest[0] == f"    pip install 'fw-seqrec[{name}]'"
    assert rest[1].startswith(f"    it comes from plugin tracker-{name}, distribution fw-seqrec ")
    assert (folder / "result.json").exists()


def test_torchs_generator_is_left_alone(run):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    run('label = "a"')
    assert torch.get_rng_state().equal(before)
