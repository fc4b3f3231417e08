"""A run that was stopped anywhere and resumed ends as one that was never stopped, to the bit."""

import signal
import sys
from contextlib import contextmanager

import pytest
import torch

from fw.engine import run as engine
from fw.engine.exam import Exam
from fw.engine.selection import Selection
from fw.engine.steps import execution
from fw.errors import RunError, TrainingError
from fw.stopping import Stopped
from same_runs import assert_same_run, checkpoint, lines
from tiny_runs import CONTRAST, RECIPE, Silent, write_recipe

STEPS = 4  # 30 users in batches of 8
# Draws from torch's own generator, as a plugin may that knows nothing of fw's.
DROPOUT = """
import attrs, torch
from typing import ClassVar
from fw import LossTerm, hookimpl

@attrs.frozen
class Noisy:
    '''A loss under torch's own dropout.'''
    requires: ClassVar = frozenset({"hidden"})

    def __call__(self, output):
        hidden = torch.nn.functional.dropout(output.hidden, 0.5)
        return LossTerm((hidden - 1).square().sum(), torch.tensor(hidden.shape[0]))

@hookimpl
def register_losses(register):
    register("noisy", Noisy)
"""


class Stops(Silent):
    """Sends this process a signal after a step of an epoch, as a person or a scheduler does."""

    def __init__(self, epoch, step, number=signal.SIGTERM):
        super().__init__()
        self.at, self.number, self.said = (epoch, step), number, []

    def say(self, message):
        self.said.append(message)

    @contextmanager
    def epoch(self, epoch, plans, done=0):
        steps = iter(range(done + 1, len(plans) + 1))

        def advance(users):
            if (epoch, next(steps)) == self.at:
                signal.raise_signal(self.number)

        yield advance


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    text = RECIPE.replace("epochs = 2", "epochs = 3").replace("batch_size = 16", "batch_size = 8")
    return write_recipe(tmp_path_factory.mktemp("resume"), text + CONTRAST)


@pytest.fixture
def run(recipe, tmp_path):
    """A function that runs the recipe in a folder of its own."""

    def run(reporter=None, **more):
        more = {"runs": tmp_path / "runs", "device": "cpu", **more}
        return engine.run(recipe, reporter=reporter or Silent(), **more).folder

    return run


@pytest.fixture(scope="module")
def whole(recipe):
    """The folder of a run that was never stopped."""
    runs = recipe.parent / "whole"
    return engine.run(recipe, reporter=Silent(), runs=runs, device="cpu").folder


def folder_of(tmp_path):
    (folder,) = (tmp_path / "runs").iterdir()
    return folder


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("step", [1, 3, STEPS])
def test_case_B27_a_run_stopped_within_an_epoch_ends_like_one_that_was_not(
    run, whole, tmp_path, epoch, step
):
    reporter = Stops(epoch, step)
    with pytest.raises(Stopped) as caught:
        run(reporter)
    assert caught.value.exit_code == 143
    folder = folder_of(tmp_path)
    assert reporter.said[-1] == f"stopped; it goes on with: fw run --resume {folder}"
    assert checkpoint(folder)["within"]["done"] == step
    assert len(lines(folder)) == epoch - 1
    engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_run(folder, whole)


@pytest.fixture
def compiling(monkeypatch):
    """Let steps be compiled as one graph, which then runs as it is: fw compiles for no CPU."""
    compiled, compile = [], torch.compile

    def as_a_graph(step):
        compiled.append(step)
        return compile(step, backend="eager", fullgraph=True)

    monkeypatch.setattr(execution, "_why_not_compile", lambda device: "")
    monkeypatch.setattr(torch, "compile", as_a_graph)
    return compiled


@pytest.mark.slow
@pytest.mark.parametrize("step", [2, STEPS], ids=["within an epoch", "after its last step"])
def test_a_compiled_run_that_is_stopped_ends_like_one_that_was_not(run, tmp_path, compiling, step):
    overrides = ['training.execution="compile"']
    reporter = Stops(2, step)
    reporter.warn = reporter.said.append
    with pytest.raises(Stopped):
        run(reporter, overrides=overrides)
    torch.compiler.reset()  # as in a new process
    folder = folder_of(tmp_path)
    engine.resume(folder, device="cpu", reporter=reporter)
    torch.compiler.reset()
    assert_same_run(folder, run(runs=tmp_path / "whole", overrides=overrides))
    assert len(compiling) == 3
    assert not any("eagerly" in message for message in reporter.said)


def test_a_run_may_be_stopped_after_every_step(run, whole, tmp_path):
    def go_on(reporter):
        engine.resume(folder_of(tmp_path), device="cpu", reporter=reporter)

    for number in range(3 * STEPS):
        at = 1 + number // STEPS, 1 + number % STEPS
        with pytest.raises(Stopped):
            go_on(Stops(*at)) if number else run(Stops(*at))
    go_on(Silent())
    assert_same_run(folder_of(tmp_path), whole)


def test_a_signal_breaks_an_evaluation_off_and_it_is_done_again(run, whole, tmp_path, monkeypatch):
    def stop(exam, step, split):
        torch.rand(3)  # an evaluation may draw: training does not notice
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(Exam, "score_model", stop)
        with pytest.raises(Stopped):
            run()
    folder = folder_of(tmp_path)
    assert checkpoint(folder)["within"]["done"] == STEPS
    assert lines(folder) == []
    engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_run(folder, whole)


def test_a_run_stopped_while_it_is_tested_is_tested_again(run, whole, tmp_path, monkeypatch):
    score = Exam.score_model

    def stop(exam, step, split):
        if split == "test":
            signal.raise_signal(signal.SIGINT)
        return score(exam, step, split)

    with monkeypatch.context() as patched:
        patched.setattr(Exam, "score_model", stop)
        with pytest.raises(Stopped):
            run()
    folder = folder_of(tmp_path)
    assert not (folder / "result.json").exists()
    engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_run(folder, whole)


def test_what_plugins_draw_from_torchs_own_generator_is_resumed_too(run, tmp_path, monkeypatch):
    (tmp_path / "noisy_loss.py").write_text(DROPOUT)
    monkeypatch.syspath_prepend(tmp_path)
    more = {"plugins": ["noisy_loss"], "overrides": ['losses=[{name="noisy"}]']}
    torch.manual_seed(1)
    undisturbed = run(runs=tmp_path / "undisturbed", **more)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    with pytest.raises(Stopped):
        run(Stops(2, 2), **more)
    assert torch.get_rng_state().equal(before)  # a run leaves the caller's generator alone
    engine.resume(folder_of(tmp_path), device="cpu", reporter=Silent())
    assert_same_run(folder_of(tmp_path), undisturbed)
    sys.modules.pop("noisy_loss")


def test_early_stopping_goes_on_where_it_was(run, tmp_path, monkeypatch):
    scripted = {1: 0.5, 2: 0.4, 3: 0.3, 4: 0.2}
    evaluated = Selection.evaluated
    monkeypatch.setattr(
        Selection,
        "evaluated",
        lambda state, value, seconds: evaluated(state, scripted[state.epoch], seconds),
    )
    more = {"overrides": ["training.patience=2", "training.epochs=9"]}
    with pytest.raises(Stopped):
        run(Stops(3, 2), **more)
    found = engine.resume(folder_of(tmp_path), device="cpu", reporter=Silent())
    assert (found.content["epochs"], found.content["best_epoch"]) == (3, 1)


def test_best_weights_that_were_never_written_are_taken_from_their_checkpoint(
    run, whole, tmp_path, monkeypatch
):
    """A kill between the checkpoint of a new best and its weights."""

    def die(folder, weights):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine.RunFolder, "save_weights", die)
        with pytest.raises(KeyboardInterrupt):
            run()
    folder = folder_of(tmp_path)
    assert not (folder / "best.safetensors").exists()
    engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_run(folder, whole)


def test_checkpoints_are_written_after_minutes_within_an_epoch(run, tmp_path):
    class Dies(Stops):
        @contextmanager
        def epoch(self, epoch, plans, done=0):
            steps = iter(range(1, STEPS + 1))

            def advance(users):
                if (epoch, next(steps)) == self.at:
                    raise KeyboardInterrupt  # like a kill: nothing is saved any more

            yield advance

    with pytest.raises(KeyboardInterrupt):
        run(Dies(1, 3), overrides=["training.checkpoint_minutes=1e-9"])
    within = checkpoint(folder_of(tmp_path))["within"]
    assert (within["epoch"], within["done"]) == (1, 2)
    assert within["record"].shape == (2, 3)


def test_without_minutes_checkpoints_are_written_by_epochs_and_with_every_new_best(
    run, tmp_path, monkeypatch
):
    scripted = {1: 0.5, 2: 0.4, 3: 0.6, 4: 0.1}
    evaluated = Selection.evaluated
    monkeypatch.setattr(
        Selection,
        "evaluated",
        lambda state, value, seconds: evaluated(state, scripted[state.epoch], seconds),
    )
    saved, save = [], engine.RunFolder.save_state
    monkeypatch.setattr(
        engine.RunFolder,
        "save_state",
        lambda folder, state: (saved.append(state["selection"]["epoch"]), save(folder, state)),
    )
    run(overrides=["training.checkpoint_every=9", "training.epochs=4"])
    assert saved == [1, 3, 4]


def test_case_B24_weights_spoilt_within_an_epoch_never_become_a_checkpoint(
    run, tmp_path, monkeypatch
):
    from fw_plugins.losses.bce import BinaryCrossEntropy

    calls, call = [], BinaryCrossEntropy.__call__  # one a step, and one an epoch's diagnosis

    def spoil(loss, output):
        calls.append(1)
        term = call(loss, output)
        return term._replace(total=term.total * float("nan")) if len(calls) > 12 else term

    monkeypatch.setattr(BinaryCrossEntropy, "__call__", spoil)
    with pytest.raises(TrainingError, match="is not finite"):
        run(Stops(3, 3))
    state = checkpoint(folder_of(tmp_path))
    assert (state["selection"]["epoch"], state["within"]) == (2, None)
    assert all(tensor.isfinite().all() for tensor in state["weights"].values())


def test_schedule_clipping_and_average_go_on_where_they_were(run, tmp_path):
    more = {
        "overrides": [
            'schedule={name="cosine", warmup_steps=6}',
            "training.clip_norm=0.5",
            "training.ema_decay=0.8",
        ]
    }
    undisturbed = run(runs=tmp_path / "undisturbed", **more)
    with pytest.raises(Stopped):
        run(Stops(1, 2), **more)
    with pytest.raises(Stopped):
        engine.resume(folder_of(tmp_path), device="cpu", reporter=Stops(2, 3))
    engine.resume(folder_of(tmp_path), device="cpu", reporter=Silent())
    assert_same_run(folder_of(tmp_path), undisturbed)
    averages = [checkpoint(one)["average"] for one in (folder_of(tmp_path), undisturbed)]
    assert averages[0]["mass"].equal(averages[1]["mass"])
    assert all(a.equal(b) for a, b in zip(*(one["sums"] for one in averages), strict=True))


def test_a_checkpoint_without_the_average_that_the_recipe_asks_for_is_refused(run, tmp_path):
    with pytest.raises(Stopped):
        run(Stops(1, 2))
    folder = folder_of(tmp_path)
    text = (folder / "recipe.toml").read_text()
    (folder / "recipe.toml").write_text(text.replace("epochs =", "ema_decay = 0.9\nepochs ="))
    with pytest.raises(RunError, match=r"the checkpoint in .* does not fit the recipe: "):
        engine.resume(folder, device="cpu", reporter=Silent())
