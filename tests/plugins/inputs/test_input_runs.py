"""Runs with inputs: from the data to training, resuming, recommending and exporting."""

import csv
import json
import random
import signal

import numpy as np
import pytest
import torch

import tiny_runs
from fw.engine import run as engine
from fw.engine.exam import Exam
from fw.engine.finished.loaded import LoadedRun
from fw.engine.finished.model import open_trained
from fw.engine.finished.recommending import Recommender
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.histories import read_histories
from fw.engine.restore import restore
from fw.errors import DataError, RecipeError, UserError
from fw.export.to_onnx import export_onnx
from fw.stopping import Stopped
from same_runs import assert_same_run

DATASET = 'path = "log.csv"\ncolumns = ["rating"]\ncategories = ["device"]\n'
INPUTS = """
[[inputs]]
name = "column"
column = "rating"
hide = 0.2
[[inputs]]
name = "column"
column = "device"
combine = "concatenate"
[[inputs]]
name = "column"
column = "time_gap"
form = "log"
[[losses]]
name = "rating"
weight = 0.1
"""
RECIPE = tiny_runs.RECIPE.replace('path = "log.csv"\n', DATASET) + INPUTS
KEYS = {"rating as category", "device as category", "time_gap as log", "rating as number"}
FEATURES = tiny_runs.SYNTHETIC + '[[inputs]]\nname = "item_features"\nfeatures = ["genres"]\n'


def write(folder, text=RECIPE):
    """Write a recipe, and the tiny data with a rating and a device in every row."""
    recipe, draw = tiny_runs.write_recipe(folder, text), random.Random(3)
    more = [("rating", "device")]
    more += [(draw.randint(1, 5), draw.choice(["phone", "desktop"])) for _ in tiny_runs.rows()]
    with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, *extra] for row, extra in zip(rows, more, strict=True))
    return recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_runs.train_tiny(write(tmp_path_factory.mktemp("inputs")))


@pytest.fixture(scope="module")
def run(folder):
    return open_trained(folder, device="cpu", warn=pytest.fail)


def test_what_is_trained_and_evaluated_has_the_columns(folder):
    restored = restore(folder, device="cpu", data=folder.parents[1], warn=pytest.fail)
    store, info = restored.data.split.store, restored.parts.info
    trained = info.training.newest(torch.arange(store.num_users), 30)
    cases = restored.parts.exam.cases["test"].histories(0, store.num_users, 30)
    assert set(trained.columns) == set(cases.columns) == KEYS
    coded = info.codings["rating as category"](store.columns["rating"])
    for row, length, codes in zip(
        cases.rows, cases.lengths, cases.columns["rating as category"], strict=True
    ):
        first = store.offsets[row]
        assert codes[:length].tolist() == coded[first : first + length].tolist()
        assert not codes[length:].any()  # the target's own rating is not there


def test_the_rating_of_the_target_does_not_change_what_is_predicted(folder):
    restored = restore(folder, device="cpu", data=folder.parents[1], warn=pytest.fail)
    step, info = restored.parts.step, restored.parts.info
    history = info.training.newest(torch.tensor([0]), 9)
    other = {name: column.clone() for name, column in history.columns.items()}
    for column in other.values():
        column[0, -1] += 1
    with torch.no_grad():
        first, second = (
            step.encoder(step.batch(one, 1)[0].inputs)
            for one in (history, history._replace(columns=other))
        )
    assert torch.equal(first, second)


def test_a_run_keeps_what_its_inputs_look_at(folder):
    kept = read_histories(RunFolder.open(folder)).store
    assert sorted(kept.columns) == ["device", "rating"]
    assert set(kept.columns["device"].tolist()) == {"phone", "desktop"}
    assert kept.times is not None


def test_users_are_recommended_to_with_all_that_is_known_of_their_items(folder, run):
    restored = restore(folder, device="cpu", data=folder.parents[1], warn=pytest.fail)
    store = restored.data.split.store
    row = store.user_ids.tolist().index("x y")
    rows, ends = torch.tensor([row]), torch.tensor([store.lengths[row]])
    history = restored.parts.exam.cases["test"].window(rows, ends, run.info.max_len)
    scores = run.scores(history)[0]
    found = Recommender(run).for_user("x y", k=3)
    ids = store.item_ids.tolist()
    for one in found.items:
        assert one.score == pytest.approx(scores[ids.index(one.item) + 1].item(), rel=1e-5)


def test_a_history_without_the_columns_is_answered_and_that_is_said(folder):
    said = []
    run = LoadedRun(RunFolder.open(folder), device="cpu", warn=said.append)
    found = run.recommend(items=["12", "007"], k=3)
    assert len(found) == 3
    assert said == [
        "histories were given without device, rating, time_gap: to the model that is not known of "
        "their items"
    ]


def test_a_file_of_histories_may_have_the_columns(folder, tmp_path):
    from click.testing import CliRunner

    from fw.cli import main

    def lists(text):
        path = tmp_path / "given.csv"
        path.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(
            main, ["recommend", str(folder), "--file", str(path), "-k", "3", "--json"]
        )
        assert result.exit_code == 0, result.output
        (one,) = json.loads(result.stdout)["recommendations"]
        return [item["score"] for item in one["items"]], result.stderr

    low, silence = lists("user,item,time,rating,device\na,12,5,1,phone\na,007,9,1,phone\n")
    high, _ = lists("user,item,time,rating,device\na,12,5,5,phone\na,007,9,5,phone\n")
    unknown, said = lists("user,item,time,device\na,12,5,phone\na,007,9,phone\n")
    assert "given without" not in silence
    assert "histories were given without rating: " in said
    assert low != high != unknown


def test_a_run_with_inputs_is_resumed_to_the_bit(folder, tmp_path, monkeypatch):
    recipe = write(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Exam, "score_model", lambda *_: signal.raise_signal(signal.SIGINT))
        with pytest.raises(Stopped):
            tiny_runs.train_tiny(recipe)
    (stopped,) = (tmp_path / "runs").iterdir()
    engine.resume(stopped, device="cpu", reporter=tiny_runs.Silent())
    assert_same_run(stopped, folder)


def test_a_run_that_looks_at_columns_is_not_exported(folder, tmp_path):
    with pytest.raises(UserError) as refused:
        export_onnx(folder, tmp_path / "model.onnx", warn=pytest.fail)
    assert str(refused.value).startswith(
        "input 'column' cannot be exported to ONNX: it looks at rating, beside the items\n"
        "    it comes from plugin input-column, distribution fw-seqrec "
    )
    assert not list(tmp_path.iterdir())


def test_a_column_that_the_data_does_not_have_is_refused(tmp_path):
    with pytest.raises(DataError) as refused:
        tiny_runs.train_tiny(
            write(tmp_path, RECIPE.replace('column = "rating"', 'column = "stars"'))
        )
    assert str(refused.value) == (
        "input 'column' needs column 'stars' of every interaction, and data set 'interactions' "
        "does not have it\n"
        "    it has: device, rating, time_gap"
    )


def test_texts_are_refused_as_numbers(tmp_path):
    text = RECIPE.replace('column = "device"\n', 'column = "device"\nform = "number"\n')
    with pytest.raises(DataError) as refused:
        tiny_runs.train_tiny(write(tmp_path, text))
    assert str(refused.value) == (
        "input 'column' wants column 'device' as numbers (form 'number'), but the data has texts "
        'there\n    use form = "category"'
    )


def test_an_encoder_that_embeds_nothing_else_is_refused_with_inputs(tmp_path):
    text = RECIPE.replace(
        'name = "sasrec_paper"\nhidden_size = 8\nnum_blocks = 1', 'name = "item_knn"'
    )
    with pytest.raises(RecipeError) as refused:
        tiny_runs.train_tiny(write(tmp_path, text.replace("epochs = 2", "epochs = 0")))
    said = str(refused.value)
    assert "encoder 'item_knn' embeds items alone, no [[inputs]]" in said
    assert "gru4rec" in said


def test_items_that_nobody_is_trained_on_are_scored_by_their_features(tmp_path):
    """Two such items of one genre have one score, whatever their numbers; others do not."""
    folder = tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path, FEATURES))
    run = open_trained(folder, device="cpu", warn=pytest.fail)
    table, frame = run.model.encoder.items, run.info.item_frame
    genres = frame["genres"].tolist()
    first, second = _pair(genres)
    other = next(n for n, genre in enumerate(genres) if genre != genres[first])
    table.trained[[first + 1, second + 1, other + 1]] = 0.0
    history = run.info.training.newest(torch.tensor([0]), 8)
    scores = run.scores(history)[0]
    assert scores[first + 1] == scores[second + 1]
    assert scores[first + 1] != scores[other + 1]
    assert scores[first + 1] != 0


def _pair(genres):
    """Return two items of one genre."""
    for number, genre in enumerate(genres):
        if genre in genres[:number]:
            return genres.index(genre), number
    raise AssertionError("no two items of one genre")


@pytest.mark.slow
def test_a_run_with_features_of_items_is_exported_and_finds_similar_items(tmp_path):
    folder = tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path, FEATURES))
    assert export_onnx(folder, tmp_path / "model.onnx", warn=pytest.fail).agreement.close
    run = LoadedRun(RunFolder.open(folder), device="cpu", warn=pytest.fail)
    item = open_trained(folder, device="cpu", warn=pytest.fail).split.store.item_ids[0]
    assert np.isfinite(run.similar(item, k=3)["score"]).all()
