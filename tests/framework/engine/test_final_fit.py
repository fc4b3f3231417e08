"""A final fit: trained on validation items too, for the epochs that validation chose."""

import json
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner
from test_resume import Stops

from fw.cli import main
from fw.engine import run as engine
from fw.engine.finished.evaluations import evaluate_run
from fw.engine.finished.loaded import load
from fw.engine.finished.refit import refit
from fw.errors import RecipeError, RunError
from fw.stopping import Stopped
from same_runs import assert_same_run, lines
from tiny_runs import Silent, train_tiny, write_recipe

EPOCHS = "training.epochs=4"


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    """A finished run with its data beside it."""
    return train_tiny(write_recipe(tmp_path_factory.mktemp("final")), EPOCHS)


@pytest.fixture
def copied(chosen, tmp_path):
    """The same run where a final fit of it may be made."""
    return shutil.copytree(chosen, tmp_path / "chosen")


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


def refitted(run, reporter=None):
    return refit(run, device="cpu", reporter=reporter or Silent()).folder


def test_it_trains_on_validation_items_for_the_chosen_epochs_and_is_marked(copied):
    folder = refitted(copied)
    assert folder == copied.parent / "chosen-final"
    before, after = result_of(copied), result_of(folder)
    assert after["final_fit"] == after["epochs"] == after["best_epoch"] == before["best_epoch"]
    assert after["test_looks"] == 1
    assert {name.split("/")[0] for name in after["metrics"]} == {"test"}
    assert all(line["metrics"] == {} for line in lines(folder))
    trained = [pd.read_parquet(one / "histories.parquet")["trained"] for one in (copied, folder)]
    lengths = pd.read_parquet(folder / "histories.parquet")["items"].map(len)
    assert (trained[0] == lengths - 2).all()
    assert (trained[1] == lengths - 1).all()
    assert after["fingerprints"]["split"] != before["fingerprints"]["split"]


def test_its_test_cases_are_those_of_the_run_it_is_of(copied):
    folder = refitted(copied)
    ranks = [pd.read_parquet(one / "ranks.parquet") for one in (copied, folder)]
    own = ranks[0][ranks[0]["split"] == "test"].reset_index(drop=True)
    for column in ("user", "target", "history_length"):
        assert own[column].tolist() == ranks[1][column].tolist()


def test_the_learning_rate_takes_the_same_course_as_in_the_run_it_is_of(tmp_path):
    recipe = write_recipe(tmp_path)
    more = ('schedule={name="linear"}', EPOCHS)
    folder = refitted(train_tiny(recipe, *more))
    recipe_kept = (folder / "recipe.toml").read_text()
    assert "epochs = 4" in recipe_kept
    assert f"final_fit = {result_of(folder)['epochs']}" in recipe_kept
    # 2 steps an epoch, 8 in all of the run that chose: the last of an epoch has done 2 n - 1.
    for line in lines(folder):
        done = 2 * line["epoch"] - 1
        assert line["learning_rate"] == pytest.approx(0.001 * (1 - done / 8))


def test_a_final_fit_that_is_stopped_goes_on_and_a_finished_one_is_left_alone(copied, tmp_path):
    whole = refitted(copied)
    other = shutil.copytree(copied, tmp_path / "other")
    with pytest.raises(Stopped):
        refitted(other, Stops(1, 1))
    stopped = refitted(other)
    assert_same_run(stopped, whole)
    stamp = (whole / "result.json").stat().st_mtime_ns
    assert refitted(copied) == whole
    assert (whole / "result.json").stat().st_mtime_ns == stamp


def test_it_is_used_like_any_run(copied):
    folder = refitted(copied)
    assert load(folder, device="cpu").recommend("u3", k=3)["rank"].tolist() == [1, 2, 3]
    found = evaluate_run(folder, protocols=["full-seen-out"], device="cpu", warn=pytest.fail)
    assert list(found.rows["model"]) == ["test"]
    assert found.content["test_looks"] == 2


def test_what_a_final_fit_is_is_said_at_the_end(copied):
    class Hears(Silent):
        said = ()

        def say(self, message):
            self.said = (*self.said, message)

        def result(self, *arguments):
            super(Silent, self).result(*arguments)

    reporter = Hears()
    refitted(copied, reporter)
    assert reporter.said[-2] == (
        "\nFINAL FIT, on training and validation items: nothing selected the model here. Test was "
        "scored once, and is not comparable with that of runs on training items alone. "
        "Means ± standard errors."
    )
    assert reporter.said[-1].startswith(f"trained for {result_of(copied)['best_epoch']} epochs\n")


def test_the_command_lists_and_reports_show_what_it_is(copied, tmp_path):
    done = CliRunner().invoke(main, ["refit", str(copied), "--device", "cpu"])
    assert done.exit_code == 0, done.output
    listed = CliRunner().invoke(main, ["runs", "--runs", str(tmp_path)]).stdout
    assert "test/full-seen-out/ndcg@10 (final fit)" in listed
    page = tmp_path / "page.html"
    final = str(tmp_path / "chosen-final")
    done = CliRunner().invoke(main, ["report", final, "-o", str(page)])
    assert done.exit_code == 0, done.output
    assert "finished, final fit" in page.read_text(encoding="utf-8")
    done = CliRunner().invoke(main, ["compare", str(copied), final])
    assert done.exit_code == 2
    assert "trained on validation items too" in done.output


def test_a_run_that_chose_no_epoch_or_is_a_final_fit_itself_is_refused(copied):
    final = refitted(copied)
    with pytest.raises(RunError) as caught:
        refitted(final)
    assert str(caught.value) == f"the run is a final fit itself: {final}"
    content = result_of(copied)
    (copied / "result.json").write_text(json.dumps({**content, "epochs": 0, "best_epoch": 0}))
    with pytest.raises(RunError) as caught:
        refitted(copied)
    assert str(caught.value) == f"nothing is trained in the run: {copied}"
    (copied / "result.json").write_text(json.dumps({**content, "best_epoch": 0}))
    with pytest.raises(RunError) as caught:
        refitted(copied)
    assert str(caught.value) == (
        f"validation chose no epoch: valid/full-seen-out/ndcg@10 was never a number in {copied}"
    )


def test_more_epochs_than_the_recipe_has_are_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"final_fit must be at most epochs \(2\), found 3"):
        train_tiny(write_recipe(tmp_path), "training.final_fit=3")


def test_a_recipe_may_be_a_final_fit_by_itself(tmp_path):
    found = engine.run(
        write_recipe(tmp_path),
        overrides=["training.final_fit=1"],
        runs=tmp_path,
        device="cpu",
        reporter=Silent(),
    )
    assert found.content["final_fit"] == 1
