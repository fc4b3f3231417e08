"""A whole run, on data small enough to take a second."""

import json
import math
import os
import platform
import sys

import pandas as pd
import pytest
import torch

import fw
from fw.config.reading import read_recipe
from fw.discovery import discover
from fw.engine import run as engine
from fw.engine.loop import train
from fw.engine.reporting import Reporter
from fw.engine.selection import Selection
from fw.errors import DataError, PluginError, RunError
from tiny_runs import CONTRAST, SYNTHETIC, Silent

RECIPE = (
    SYNTHETIC.replace("epochs = 2", "epochs = 4")
    + CONTRAST
    + """
[[evaluators]]
name = "sampled"
protocol = "kang205-sampled100"
"""
)


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def run(recipe, *overrides, runs=None, reporter=None):
    runs = runs or recipe.parent / "runs"
    return engine.run(
        recipe, overrides=overrides, runs=runs, device="cpu", reporter=reporter or Silent()
    )


def weights(result):
    from safetensors.torch import load_file

    return load_file(result.folder / "best.safetensors")


def assert_same_weights(left, right):
    left, right = weights(left), weights(right)
    assert left.keys() == right.keys()
    for name in left:
        assert left[name].equal(right[name]), name


def losses(result):
    lines = (result.folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["losses"] for line in lines]


def test_a_run_leaves_everything_in_its_folder(recipe):
    result = run(recipe)
    files = {path.name for path in result.folder.iterdir()}
    assert files >= {
        "recipe.toml",
        "data.json",
        "environment.json",
        "metrics.jsonl",
        "result.json",
        "ranks.parquet",
        "best.safetensors",
        "state",
    }
    assert [json.loads(line)["epoch"] for line in _lines(result)] == [1, 2, 3, 4]
    assert result.content["test_looks"] == 1
    assert result.content["timing"]["seconds_per_epoch"] > 0
    assert set(result.content["baselines"]) == {"chance", "popularity", "last_item", "oracle"}
    assert result.metrics["test/full-seen-out/hr@10"] is not None


def _lines(result):
    return (result.folder / "metrics.jsonl").read_text().splitlines()


def test_ranks_give_back_the_metrics(recipe):
    result = run(recipe)
    ranks = pd.read_parquet(result.folder / "ranks.parquet")
    test = ranks[ranks["split"] == "test"]
    better, tied = test["full-seen-out/better"], test["full-seen-out/tied"]
    assert (tied == 0).all()
    hits = (better < 10).mean()
    assert result.metrics["test/full-seen-out/hr@10"] == pytest.approx(hits)
    gains = (1 / (better + 2).map(math.log2)).where(better < 10, 0).mean()
    assert result.metrics["test/full-seen-out/ndcg@10"] == pytest.approx(gains)


def test_case_B25_the_same_recipe_and_seed_give_the_same_bits(recipe):
    first, second = run(recipe), run(recipe)
    assert_same_weights(first, second)
    assert losses(first) == losses(second)
    other = run(recipe, "seed=4")
    assert losses(other) != losses(first)


def test_case_B55_the_kept_recipe_is_the_effective_one_and_runs_to_the_same_weights(recipe):
    first = run(recipe, "training.epochs=2")
    assert len(_lines(first)) == 2
    again = run(first.folder / "recipe.toml", runs=recipe.parent / "again")
    assert_same_weights(first, again)


class StopsAfter(Silent):
    def __init__(self, epoch):
        super().__init__()
        self.stop_at = epoch

    def line(self, line, state, training):
        super().line(line, state, training)
        if line["epoch"] == self.stop_at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [2, 3])
def test_case_B27_a_resumed_run_equals_one_that_was_never_stopped(recipe, epoch):
    whole = run(recipe, runs=recipe.parent / "whole")
    with pytest.raises(KeyboardInterrupt):
        # Stopped after the epoch was written down and before its checkpoint: it is trained again.
        run(recipe, runs=recipe.parent / "parts", reporter=StopsAfter(epoch))
    (folder,) = (recipe.parent / "parts").iterdir()
    resumed = engine.resume(folder, device="cpu", reporter=Silent())
    assert_same_weights(whole, resumed)
    assert losses(whole) == losses(resumed)
    assert whole.metrics == resumed.metrics
    assert [json.loads(line)["epoch"] for line in _lines(resumed)] == [1, 2, 3, 4]


def test_resuming_a_finished_run_returns_its_result(recipe):
    result = run(recipe, "training.epochs=1")
    assert engine.resume(result.folder, reporter=Silent()).content == result.content


def test_a_run_is_not_resumed_on_other_data(recipe, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        run(recipe, reporter=StopsAfter(2))
    (folder,) = (recipe.parent / "runs").iterdir()
    text = (folder / "recipe.toml").read_text()
    (folder / "recipe.toml").write_text(text.replace("num_users = 60", "num_users = 61"))
    with pytest.raises(RunError, match="was begun with other data"):
        engine.resume(folder, reporter=Silent())


def test_a_run_leaves_floating_point_arithmetic_as_it_was(recipe):
    run(recipe, "training.epochs=1")
    smallest = torch.tensor(1e-40) * 0.5
    assert smallest.item() > 0


def test_nothing_is_left_of_a_run_that_fails_before_training(recipe):
    with pytest.raises(DataError, match="nothing to evaluate"):
        run(recipe, "splitter.min_items=1000")
    assert list((recipe.parent / "runs").iterdir()) == []


def test_case_B57_a_folder_that_cannot_be_made_is_refused_at_once(recipe):
    file = recipe.parent / "file"
    file.touch()
    with pytest.raises(RunError) as caught:
        run(recipe, runs=file / "runs")
    assert "cannot make" in str(caught.value)
    assert str(file) in str(caught.value)


def test_case_B60_a_folder_has_one_owner(recipe):
    with pytest.raises(KeyboardInterrupt):
        run(recipe, reporter=StopsAfter(2))
    (path,) = (recipe.parent / "runs").iterdir()
    folder = engine.RunFolder.open(path)
    with folder.owned(), pytest.raises(RunError) as caught:
        engine.resume(path, reporter=Silent())
    assert str(caught.value) == (
        f"{path} is in use by another run: process {os.getpid()} on {platform.node()}"
    )


@pytest.mark.parametrize("damage", [b"", b"text", b"PK\x03\x04"])
def test_case_B29_a_damaged_checkpoint_is_named(recipe, damage):
    with pytest.raises(KeyboardInterrupt):
        run(recipe, reporter=StopsAfter(2))
    (folder,) = (recipe.parent / "runs").iterdir()
    checkpoint = folder / "state" / "checkpoint.pt"
    checkpoint.write_bytes(damage)
    with pytest.raises(RunError) as caught:
        engine.resume(folder, reporter=Silent())
    assert str(caught.value) == (
        f"cannot load the checkpoint {checkpoint}: it is cut short, damaged, or not a checkpoint "
        "of fw\n    without it the run begins again: remove it, then resume"
    )


def test_case_B29_a_checkpoint_of_another_architecture_is_refused(recipe):
    with pytest.raises(KeyboardInterrupt):
        run(recipe, reporter=StopsAfter(2))
    (folder,) = (recipe.parent / "runs").iterdir()
    text = (folder / "recipe.toml").read_text()
    (folder / "recipe.toml").write_text(text.replace("num_blocks = 1", "num_blocks = 2"))
    with pytest.raises(RunError) as caught:
        engine.resume(folder, reporter=Silent())
    found = str(caught.value).splitlines()
    assert found[0] == (
        f"the checkpoint in {folder} does not fit the recipe: they are of another model"
    )
    assert found[1].startswith("    encoder.blocks.1.")
    assert found[1].endswith(" is missing")


def test_the_fallback_is_announced_and_written_into_every_file(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("FW_DATA_DIR", raising=False)
    reporter = Silent()
    fallback = '{name="synthetic", num_users=60, num_items=40, mean_length=12.0}'
    result = run(
        recipe,
        f'dataset={{name="movielens", download=false, fallback={fallback}}}',
        "training.epochs=1",
        reporter=reporter,
    )
    assert any(message.startswith("FALLBACK DATA") for message in reporter.warned)
    mark = "synthetic (FALLBACK for movielens)"
    for name in ("recipe.toml", "data.json", "environment.json", "metrics.jsonl", "result.json"):
        assert mark in (result.folder / name).read_text(), name
    assert mark.encode() in (result.folder / "best.safetensors").read_bytes()
    assert pd.read_parquet(result.folder / "ranks.parquet").attrs == {"data": mark}


def test_case_B14_the_weights_that_are_tested_are_the_best_not_the_last(recipe, monkeypatch):
    scripted = iter([0.1, 0.3, 0.2, 0.2])
    evaluated = Selection.evaluated
    with monkeypatch.context() as patched:
        patched.setattr(
            Selection,
            "evaluated",
            lambda state, value, seconds: evaluated(state, next(scripted), seconds),
        )
        result = run(recipe)
    assert result.content["best_epoch"] == 2
    state = torch.load(result.folder / "state" / "checkpoint.pt", weights_only=True)
    last = state["weights"]["encoder.items.weight"]
    assert not weights(result)["encoder.items.weight"].equal(last)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, runs=recipe.parent / "two", reporter=StopsAfter(3))
    (folder,) = (recipe.parent / "two").iterdir()
    state = torch.load(folder / "state" / "checkpoint.pt", weights_only=True)  # of epoch 2
    assert weights(result)["encoder.items.weight"].equal(state["weights"]["encoder.items.weight"])


def test_case_B24_a_loss_that_is_no_number_stops_the_run_and_keeps_the_good_weights(recipe):
    path = recipe.parent / "bad_loss.py"
    path.write_text(
        "import attrs, torch\n"
        "from typing import ClassVar\n"
        "from fw import LossTerm, hookimpl\n"
        "@attrs.frozen\n"
        "class Bad:\n"
        "    '''Is no number from its tenth step on.'''\n"
        "    requires: ClassVar = frozenset({'hidden'})\n"
        "    steps: ClassVar = []\n"
        "    def __call__(self, output):\n"
        "        self.steps.append(1)\n"
        "        factor = float('nan') if len(self.steps) > 40 else 1.0\n"
        "        return LossTerm(output.hidden.sum() * factor, torch.tensor(1))\n"
        "@hookimpl\n"
        "def register_losses(register):\n"
        "    register('bad', Bad)\n"
    )
    sys.path.insert(0, str(recipe.parent))
    try:
        with pytest.raises(PluginError) as caught:
            engine.run(
                recipe,
                overrides=['losses=[{name="bad"}]', "training.epochs=99"],
                plugins=["bad_loss"],
                runs=recipe.parent / "runs",
                reporter=Silent(),
            )
    finally:
        sys.path.remove(str(recipe.parent))
    assert str(caught.value) == (
        "loss 'bad' failed in a run (epoch 11, step 1): it returned totals that are not finite\n"
        "    it comes from plugin bad_loss (given with -p)"
    )
    (folder,) = (recipe.parent / "runs").iterdir()
    from safetensors.torch import load_file

    for tensor in load_file(folder / "best.safetensors").values():
        assert tensor.isfinite().all()


def test_case_B24_scores_that_are_no_numbers_are_no_improvement(recipe, monkeypatch):
    from fw.engine.exam import Exam
    from fw.errors import EvaluationError

    scored = Exam.score_model
    calls = []

    def fail_first(exam, step, split):
        calls.append(split)
        if len(calls) == 1:
            raise EvaluationError("a score is not a number")
        return scored(exam, step, split)

    monkeypatch.setattr(Exam, "score_model", fail_first)
    reporter = Silent()
    result = run(recipe, "training.epochs=2", reporter=reporter)
    assert result.content["best_epoch"] == 2
    assert "epoch 1: a score is not a number" in reporter.warned


def test_case_B28_after_training_and_evaluation_the_model_is_in_training_mode(recipe, monkeypatch):
    sessions = []

    def spy(session):
        sessions.append(session)
        return train(session)

    monkeypatch.setattr(engine, "train", spy)
    run(recipe, "training.epochs=1")
    assert sessions[0].step.training
    assert sessions[0].step.encoder.training


def test_the_python_entry_point_is_the_same_function(recipe):
    assert fw.run is engine.run


@pytest.fixture
def diagnostics(recipe):
    """Give what six epochs wrote down of which every second looks at validation."""
    finished = run(recipe, "training.epochs=6", "training.evaluate_every=2", "training.patience=9")
    return {line["epoch"]: line["diagnostics"] for line in map(json.loads, _lines(finished))}


def test_diagnostics_are_written_every_epoch(diagnostics):
    assert list(diagnostics) == [1, 2, 3, 4, 5, 6]
    for found in diagnostics.values():
        assert found.keys() >= {"nt_xent/saturated", "nt_xent/overlap", "item_norm"}


def test_gradient_shares_are_written_at_first_and_with_every_look_at_validation(diagnostics):
    shares = {
        epoch: [value for name, value in found.items() if name.startswith("gradient_share/")]
        for epoch, found in diagnostics.items()
    }
    assert [epoch for epoch, found in shares.items() if found] == [1, 2, 4, 6]
    assert [sum(found) for found in shares.values() if found] == pytest.approx([1.0] * 4, abs=1e-5)


def test_diagnostics_are_shown_on_request(recipe, capsys):
    run(recipe, "training.epochs=1", reporter=Reporter(diagnostics=True))
    said = capsys.readouterr().err
    assert "gradient_share/nt_xent" in said
    assert "nt_xent/saturated" in said
    run(recipe, "training.epochs=1", reporter=Reporter())
    assert "gradient_share" not in capsys.readouterr().err


def test_case_B36_a_row_left_over_is_warned_of_and_costs_nothing(recipe):
    reporter = Silent()
    result = run(recipe, "training.batch_size=59", "training.epochs=1", reporter=reporter)
    assert reporter.warned[0] == (
        "of 60 rows in batches of 59 one is left over: contrastive losses are 0 for it"
    )
    assert all(math.isfinite(value) for value in losses(result)[0].values())


def test_a_setting_left_behind_by_naming_another_encoder_is_warned_of(recipe):
    reporter = Silent()
    another = 'encoder={name="sasrec_bert", num_blocks=1, num_heads=1}'
    run(recipe, another, "training.epochs=0", reporter=reporter)
    (told,) = [message for message in reporter.warned if "hidden_size" in message]
    assert told.startswith("encoder 'sasrec_bert' has hidden_size = ")


def test_weights_and_components_do_not_move_when_a_loss_is_added(recipe):
    registry = discover()

    def first_weights(*overrides):
        from fw.data.places import Places
        from fw.engine.build import build_step
        from fw.engine.data import load_data

        read = read_recipe(recipe, registry, overrides)
        data = load_data(read, Places.from_environment(), print)
        return build_step(read, data.info(read, print)).encoder.state_dict()

    with_contrast, without = first_weights(), first_weights('losses=[{name="bce"}]')
    for name, tensor in with_contrast.items():
        assert tensor.equal(without[name])
