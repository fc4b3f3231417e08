"""Runs that train nothing: what they leave behind, and that every command works with them."""

import json

import pandas as pd
import pytest
import torch
from click.testing import CliRunner

import tiny_runs
from fw.cli import main
from fw.config.reading import read_recipe
from fw.discovery import discover
from fw.engine import run as engine
from fw.engine.finished.model import open_trained
from fw.engine.folders.folder import RunFolder
from fw.engine.reporting import Reporter
from fw.errors import RecipeError

HEAD = tiny_runs.RECIPE.partition("[sampler]")[0]
TAIL = """
[training]
epochs = 0
monitor = "valid/full-seen-out/ndcg@10"
[[evaluators]]
name = "full"
"""
ENCODERS = {
    "popularity": 'name = "popularity"',
    "item_knn": 'name = "item_knn"\nnum_neighbours = 5',
    "sasrec_paper": 'name = "sasrec_paper"\nhidden_size = 8',
}


class Heard(Reporter):
    def __init__(self):
        super().__init__()
        self.said, self.warned = [], []

    def say(self, message):
        self.said.append(message)

    def warn(self, message):
        self.warned.append(message)

    def _print(self, what, **how):
        pass


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A finished run of each encoder, and what was heard of it."""
    folder, found = tmp_path_factory.mktemp("untrained"), {}
    for name, encoder in ENCODERS.items():
        recipe = tiny_runs.write_recipe(
            folder, f"{HEAD}[encoder]\n{encoder}\n{TAIL}", f"{name}.toml"
        )
        heard = Heard()
        done = engine.run(recipe, runs=folder / "runs", device="cpu", reporter=heard)
        found[name] = (done, heard)
    return found


def fw(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert "Traceback" not in result.output
    return result.stdout


@pytest.mark.parametrize("name", ENCODERS)
def test_a_run_is_finished_without_an_epoch_and_says_so(runs, name):
    done, heard = runs[name]
    assert (done.content["epochs"], done.content["best_epoch"]) == (0, 0)
    assert done.metrics["test/full-seen-out/hr@10"] > 0
    assert done.content["timing"]["seconds_per_epoch"] is None
    assert not RunFolder.open(done.folder).lines()
    said = "\n".join(heard.said)
    assert "Nothing was trained, and validation selected nothing; test was scored once." in said
    assert "no epochs of training\n" in said
    assert not [warning for warning in heard.warned if "never a number" in warning]


def test_an_encoder_with_weights_is_scored_as_it_was_built(runs):
    done, _ = runs["sasrec_paper"]
    kept = open_trained(done.folder, device="cpu", warn=pytest.fail)
    recipe = read_recipe(done.folder / "recipe.toml", discover())
    from fw.engine.build import build_model

    built = build_model(recipe, kept.info).state_dict()
    assert built
    assert all(torch.equal(kept.model.state_dict()[part], built[part]) for part in built)


@pytest.mark.parametrize("name", ENCODERS)
def test_it_is_evaluated_again_with_the_same_result(runs, name, tmp_path):
    done, _ = runs[name]
    found = json.loads(fw("evaluate", done.folder, "-P", "full-seen-out", "--json"))
    again = {key: one["value"] for key, one in found["metrics"].items() if "/hr@10" in key}
    assert again
    assert again == {key: done.metrics[key] for key in again}


def test_it_is_compared_and_reported_beside_other_runs(runs, tmp_path):
    folders = [done.folder for done, _ in runs.values()]
    compared = json.loads(fw("compare", *folders, "--json"))
    assert len(compared["arms"]) == 3
    page = tmp_path / "report.html"
    fw("report", *folders, "-o", page)
    assert page.stat().st_size > 10_000
    assert "popularity" in fw("runs", "--runs", folders[0].parent)


@pytest.mark.parametrize("name", ENCODERS)
def test_it_recommends_from_its_folder_alone(runs, name, tmp_path):
    done, _ = runs[name]
    path = tmp_path / "all.csv"
    fw("recommend", done.folder, "--all", "-k", "3", "-o", path, "--device", "cpu")
    frame = pd.read_csv(path, dtype=str)
    users = frame["user"].unique()
    # The first user has had every item, so that there is nothing to recommend.
    assert set(users) == set(tiny_runs.USERS) - {tiny_runs.USERS[0]}
    assert (frame.groupby("user").size() == 3).all()


def test_a_finished_run_is_resumed_as_it_is(runs):
    done, _ = runs["popularity"]
    again = engine.resume(done.folder, device="cpu", reporter=Heard())
    assert again.content == done.content


def test_a_run_that_was_killed_before_its_result_goes_on(runs, tmp_path):
    recipe = tiny_runs.write_recipe(tmp_path, f"{HEAD}[encoder]\n{ENCODERS['item_knn']}\n{TAIL}")
    folder = tiny_runs.train_tiny(recipe)
    before = RunFolder.open(folder).read_json("result.json")
    (folder / "result.json").unlink()
    after = engine.resume(folder, device="cpu", reporter=Heard()).content
    assert after["metrics"] == before["metrics"]


@pytest.mark.parametrize("name", ["popularity", "item_knn"])
def test_what_has_nothing_to_train_is_refused_with_epochs(tmp_path, name):
    text = tiny_runs.RECIPE.replace(
        'name = "sasrec_paper"\nhidden_size = 8\nnum_blocks = 1', f'name = "{name}"'
    )
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(RecipeError) as refused:
        read_recipe(path, discover())
    assert str(refused.value) == (
        f"{path}:14: encoder '{name}' has nothing to train\n"
        "    [encoder]\n"
        "    set epochs = 0 in [training]; [[losses]] and [optimizer] are then not needed"
    )


def test_losses_and_an_optimizer_are_needed_where_something_is_trained(tmp_path):
    text = f"{HEAD}[encoder]\n{ENCODERS['sasrec_paper']}\n{TAIL}".replace(
        "epochs = 0", "epochs = 1"
    )
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(RecipeError) as refused:
        read_recipe(path, discover())
    said = str(refused.value)
    assert "the recipe has no [[losses]]" in said
    assert "the recipe has no [optimizer]" in said


def test_epochs_below_0_are_refused(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text(tiny_runs.RECIPE.replace("epochs = 2", "epochs = -1"))
    with pytest.raises(RecipeError, match=r"epochs must be at least 0, found -1"):
        read_recipe(path, discover())


def test_baselines_are_rows_of_a_sweep_beside_trained_ones(tmp_path):
    rows = """
[sweep]
[[sweep.rows]]
name = "trained"
set = {}
[[sweep.rows]]
name = "popularity"
set = { encoder = { name = "popularity" }, "training.epochs" = 0 }
[[sweep.rows]]
name = "neighbours"
set = { encoder = { name = "item_knn" }, "training.epochs" = 0 }
"""
    recipe = tiny_runs.write_recipe(tmp_path, tiny_runs.RECIPE + rows)
    fw("sweep", recipe, "--sweeps", tmp_path / "sweeps", "--device", "cpu")
    table = pd.read_csv(tmp_path / "sweeps" / "tiny" / "table.csv")
    assert list(dict.fromkeys(table["row"])) == ["trained", "popularity", "neighbours"]
