"""Searches as they run: pruned, failing, stopped and started again, tested once."""

import json
import multiprocessing

import pandas as pd
import pytest
from click.testing import CliRunner

from fw.cli import main
from fw.discovery import discover
from fw.engine import run as engine
from fw.engine.exam import Exam
from fw.engine.folders.folder import RunFolder
from fw.tune.reading import read_search
from fw.tune.setting import TuneSetting
from fw.tune.study import Study
from fw.tune.trial import TrialReporter
from fw.tune.trials import Trials
from tiny_runs import CONTRAST, RECIPE, write_recipe

TUNE = """
[tune]
trials = 3
pruner = "none"
[tune.parameters]
"optimizer.learning_rate" = { low = 1e-3, high = 1e-1, log = true }
"encoder.hidden_size" = { choices = [4, 8] }
"""

# Each range is right by itself, and not every pair of values.
CLASHING = """
[tune]
trials = 8
[tune.parameters]
"views.distinct" = { choices = [true, false] }
augmenters = { choices = [[{ name = "crop" }], [{ name = "crop" }, { name = "mask" }]] }
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, RECIPE + TUNE)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """The recipe of a search that has ended, and what it told; tests leave it as it is."""
    recipe = write_recipe(tmp_path_factory.mktemp("searched"), RECIPE + TUNE)
    return recipe, tune(recipe).stdout


def tune(recipe, *more, code=0):
    words = ["tune", recipe, "--device", "cpu", "--tunes", recipe.parent / "t", *more]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def folder_of(recipe):
    return recipe.parent / "t" / "tiny"


def results(recipe):
    found = sorted(folder_of(recipe).glob("trial-*"))
    return {one.name: json.loads((one / "result.json").read_text()) for one in found}


def test_trials_are_runs_that_see_no_test_but_the_best_one_and_a_table_says_all(searched):
    recipe, told = searched
    found = results(recipe)
    assert list(found) == ["trial-0-seed1", "trial-1-seed1", "trial-2-seed1"]
    monitor = "valid/full-seen-out/ndcg@10"
    values = {name: one["metrics"][monitor]["value"] for name, one in found.items()}
    best = max(values, key=lambda name: values[name])
    for name, one in found.items():
        assert one["test_looks"] == int(name == best)
        splits = {metric.split("/")[0] for metric in one["metrics"]}
        assert splits == ({"valid", "test"} if name == best else {"valid"})
    table = pd.read_csv(folder_of(recipe) / "table.csv")
    assert table["trial"].tolist()[0] == int(best.split("-")[1])
    assert table["validation"].tolist() == pytest.approx(sorted(values.values(), reverse=True))
    assert table["state"].tolist() == ["complete"] * 3
    assert f"Test, scored once, of trial {best.split('-')[1]}: full-seen-out/hr@10 " in told
    assert "3 of 3 trials: 3 complete. Selected by valid/full-seen-out/ndcg@10." in told
    assert f"fw run {folder_of(recipe) / 'best.toml'} --set seed=2" in told
    kept = (folder_of(recipe) / "recipes" / f"{best}.toml").read_text()
    assert (folder_of(recipe) / "best.toml").read_text() == kept


def test_the_printed_table_has_the_parameters_of_a_trial_in_one_column(searched):
    recipe, told = searched
    table = pd.read_csv(folder_of(recipe) / "table.csv")
    columns = ["trial", "optimizer.learning_rate", "encoder.hidden_size"]
    for number, rate, size in table[columns].itertuples(index=False):
        (line,) = [line for line in told.splitlines() if line.split()[:1] == [str(number)]]
        assert line.split()[-2:] == [
            f"optimizer.learning_rate={rate:.4g}",
            f"encoder.hidden_size={size}",
        ]


def test_the_best_recipe_can_be_run_and_comes_to_the_same(searched, tmp_path):
    recipe, _ = searched
    best = max(results(recipe).values(), key=lambda one: one["test_looks"])
    words = ["run", folder_of(recipe) / "best.toml", "--device", "cpu", "--runs", tmp_path]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    (again,) = tmp_path.glob("best-*")
    assert json.loads((again / "result.json").read_text())["metrics"] == best["metrics"]


def test_started_again_nothing_is_run_or_tested_twice(searched, monkeypatch):
    recipe, told = searched
    stamps = {path: path.stat().st_mtime_ns for path in folder_of(recipe).glob("*/result.json")}
    monkeypatch.setattr(Exam, "score_model", pytest.fail)
    again = tune(recipe)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert again.stdout == told


def test_more_trials_go_on_from_those_there_are(recipe):
    tune(recipe, "--trials", "1")
    before = (folder_of(recipe) / "trial-0-seed1" / "metrics.jsonl").read_text()
    tune(recipe, "--trials", "2")
    assert len(results(recipe)) == 2
    assert (folder_of(recipe) / "trial-0-seed1" / "metrics.jsonl").read_text() == before


def test_a_search_that_is_stopped_within_a_trial_ends_as_one_that_was_not(recipe, searched):
    whole = folder_of(searched[0])
    trained = []
    original = engine.train

    def interrupted(session):
        trained.append(session.folder.path.name)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return original(session)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "train", interrupted)
        stopped = tune(recipe, code=130)
    assert "stopped; the same command goes on from here" in stopped.stderr
    tune(recipe)
    for name, one in results(recipe).items():
        assert one["metrics"] == json.loads((whole / name / "result.json").read_text())["metrics"]
    columns = ["trial", "state", "validation"]
    tables = [pd.read_csv(one / "table.csv")[columns] for one in (whole, folder_of(recipe))]
    pd.testing.assert_frame_equal(*tables)


def test_trials_that_fail_are_said_and_do_not_end_the_search(tmp_path):
    # Reads as a recipe, and fails once the data is there: nobody has so many items.
    failing = TUNE + '"splitter.min_items" = { choices = [3, 1000] }\n'
    recipe = write_recipe(tmp_path, RECIPE + failing)
    result = tune(recipe, "--trials", "6", "--set", "training.epochs=1")
    states = pd.read_csv(folder_of(recipe) / "table.csv").set_index("trial")["state"]
    assert set(states) == {"complete", "fail"}
    for number in states.index[states == "fail"]:
        assert f"trial {number}, seed 1: failed" in result.stderr
        assert f"Trial {number} failed: nothing to evaluate: 0 validation cases" in result.stdout


def test_trials_whose_parameters_do_not_go_together_are_said_and_counted(tmp_path):
    recipe = write_recipe(tmp_path, RECIPE + CONTRAST + CLASHING)
    search = read_search(recipe, discover())
    study = Study.create(folder_of(recipe), search)
    told = []
    setting = TuneSetting(folder=folder_of(recipe), device="cpu")
    trials = Trials(
        search=search, setting=setting, study=study, tell=lambda number, error: told.append(error)
    )
    jobs = list(trials.jobs())
    assert told
    assert len(jobs) + len(told) == 8
    assert all("is to draw two distinct augmenters, but has one" in error for error in told)


def test_where_no_trial_runs_whole_the_search_says_so(tmp_path):
    failing = TUNE + '"splitter.min_items" = { choices = [999, 1000] }\n'
    recipe = write_recipe(tmp_path, RECIPE + failing)
    assert "no trial ran whole" in tune(recipe, "--trials", "2", code=1).stderr


class Judge:
    """Stands in for a pruner that ends every trial at one epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def prune(self, study, trial):
        return trial.last_step == self.epoch


def test_a_trial_is_pruned_after_an_evaluation_and_keeps_what_it_was(recipe, monkeypatch):
    monkeypatch.setattr("fw.tune.study._pruner", lambda keys: Judge(1))
    result = tune(recipe, "--trials", "1", code=1)
    assert "1/1  trial 0, seed 1: pruned, 0." in result.stderr
    run = RunFolder(folder_of(recipe) / "trial-0-seed1")
    (line,) = run.lines()
    assert not (run.path / "result.json").exists()
    assert "pruned after epoch 1" in (folder_of(recipe) / "logs" / "trial-0-seed1.log").read_text()
    (trial,) = Study.open(folder_of(recipe)).trials
    assert trial.intermediate_values == {1: line["metrics"]["valid/full-seen-out/ndcg@10"]}
    assert "1 of 1 trials: 1 pruned." in tune(recipe, "--trials", "1", code=1).stdout


def test_the_last_epoch_prunes_nothing(recipe, monkeypatch):
    monkeypatch.setattr("fw.tune.study._pruner", lambda keys: Judge(2))
    tune(recipe, "--trials", "1")
    assert results(recipe)["trial-0-seed1"]["epochs"] == 2


def test_an_epoch_that_is_trained_again_is_not_reported_again(recipe):
    search = read_search(recipe, discover())
    study = Study.create(folder_of(recipe), search)
    study.ask().report(0.25, 1)
    reporter = TrialReporter.of(folder_of(recipe), "trial-0-seed1", None)
    line = {"epoch": 1, "metrics": {search.monitor: 0.25}}
    reporter.recorded(line, search.recipe.training)  # a warning would be an error here
    reporter.recorded({"epoch": 2, "metrics": {}}, search.recipe.training)
    reporter.recorded({"epoch": 2, "metrics": {search.monitor: None}}, search.recipe.training)
    reporter.recorded({"epoch": 2, "metrics": {search.monitor: 0.5}}, search.recipe.training)
    assert study.trials[0].intermediate_values == {1: 0.25, 2: 0.5}


def test_the_median_pruner_waits_for_whole_trials_and_for_epochs(recipe):
    keys = ['tune.pruner="median"', "tune.startup_trials=2", "tune.warmup_epochs=3"]
    study = Study.create(folder_of(recipe), read_search(recipe, discover(), keys))
    for _ in range(2):
        trial = study.ask()
        for epoch in range(1, 6):
            trial.report(0.5, epoch)
        study.complete(trial.number, 0.5)
    bad = study.ask()
    asked = []
    for epoch in range(1, 6):
        bad.report(0.1, epoch)
        asked.append(bad.should_prune())
    assert asked == [False, False, True, True, True]


def test_the_search_needs_its_extra(recipe, monkeypatch):
    monkeypatch.setattr("fw.extras.find_spec", lambda module: None)
    result = tune(recipe, code=2)
    assert result.output == (
        "fw tune needs optuna, which is not installed\n    pip install 'fw-seqrec[tune]'\n"
    )


@pytest.mark.slow
def test_two_at_once_come_to_as_many_trials_and_leave_no_process(recipe):
    tune(recipe, "--jobs", "2", "--trials", "4")
    assert len(results(recipe)) == 4
    assert sum(one["test_looks"] for one in results(recipe).values()) == 1
    assert multiprocessing.active_children() == []
