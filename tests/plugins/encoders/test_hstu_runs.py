"""Runs of ``hstu`` with times: from the data to training, evaluation and recommendations."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch.testing import assert_close

import tiny_runs
from fw.engine.finished.model import open_trained
from fw.engine.finished.next_items import Histories
from fw.engine.finished.recommending import Recommender
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.histories import read_histories
from fw.errors import DataError
from fw.export.to_onnx import export_onnx

ENCODER = """name = "hstu"
hidden_size = 8
num_blocks = 1
relative_bias = "position_and_time"
"""
RECIPE = tiny_runs.RECIPE.replace(
    'name = "sasrec_paper"\nhidden_size = 8\nnum_blocks = 1\n', ENCODER
)
TARGET = RECIPE.replace('"position_and_time"\n', '"position_and_time"\ntarget_time = true\n')


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path_factory.mktemp("hstu"), RECIPE))


@pytest.fixture(scope="module")
def run(folder):
    return open_trained(folder, device="cpu", warn=pytest.fail)


def test_what_is_trained_evaluated_and_recommended_with_has_the_times(folder, run, monkeypatch):
    from fw.engine.restore import restore

    restored = restore(folder, device="cpu", data=folder.parents[1], warn=pytest.fail)
    store = restored.data.split.store
    rows = torch.arange(store.num_users)
    trained = restored.parts.info.training.newest(rows, 30).columns
    cases = restored.parts.exam.cases["test"].histories(0, store.num_users, 30)
    assert list(trained) == list(cases.columns) == ["time"]
    assert run.split.store.times.tolist() == store.times.tolist()
    for row, times in zip(cases.rows.tolist(), cases.columns["time"], strict=True):
        expected = store.times[store.offsets[row] : store.offsets[row + 1]][:-1]
        assert times[: len(expected)].tolist() == expected.tolist()
        assert not times[len(expected) :].any()


def test_times_matter_to_what_is_recommended(run):
    every = np.arange(run.split.store.num_users)
    histories = Histories.of_rows(run, every)
    close = Histories(histories.items, histories.offsets, histories.rows, histories.times)
    spread = Histories(histories.items, histories.offsets, histories.rows, histories.times * 10**6)
    first, same, other = (
        run.scores(one.newest(every, run.info.max_len)) for one in (histories, close, spread)
    )
    assert first.equal(same)
    assert not first.equal(other)


def test_users_are_recommended_to_with_the_times_that_the_run_kept(run, folder):
    recommender = Recommender(run)
    found = recommender.for_user("x y", k=3)
    kept = read_histories(RunFolder.open(folder))
    row = kept.store.user_ids.tolist().index("x y")
    part = slice(kept.store.offsets[row], kept.store.offsets[row + 1])
    single = Histories(
        kept.store.items[part],
        np.array([0, part.stop - part.start]),
        np.array([row]),
        kept.store.times[part],
    )
    scores = run.scores(single.newest(np.array([0]), run.info.max_len))[0]
    ids = kept.store.item_ids.tolist()
    for one in found.items:
        assert one.score == pytest.approx(scores[ids.index(one.item) + 1].item(), rel=1e-5)


def test_a_history_without_times_is_answered_as_if_of_one_moment(run):
    with_times = Histories(
        np.array([3, 5], np.int32), np.array([0, 2]), np.array([0]), np.array([7, 7])
    )
    without = Histories(np.array([3, 5], np.int32), np.array([0, 2]), np.array([0]))
    chosen = np.array([0])
    assert_close(run.scores(with_times.newest(chosen, 8)), run.scores(without.newest(chosen, 8)))


def test_histories_with_and_without_times_can_be_asked_for_together(run):
    recommender = Recommender(run)
    alone = recommender.for_user("u5", k=3)
    request = type(recommender.users(["u5"])).joined(
        [recommender.users(["u5"]), recommender.given([["12", "007"]])]
    )
    both = recommender.answers(request, k=3)
    assert [one.item for one in both[0].items] == [one.item for one in alone.items]
    assert [one.item for one in both[1].items] == [
        one.item for one in recommender.for_items(["12", "007"], k=3).items
    ]


def test_the_time_of_the_target_is_in_cases_only_where_it_is_asked_for(tmp_path):
    from fw.engine.restore import restore

    folder = tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path, TARGET))
    restored = restore(folder, device="cpu", data=tmp_path, warn=pytest.fail)
    store, cases = restored.data.split.store, restored.parts.exam.cases["test"]
    histories = cases.histories(0, len(cases), 30)
    newest = (histories.lengths - 1)[:, None]
    until = histories.columns["next_time"].gather(1, newest).flatten().tolist()
    expected = [store.times[store.offsets[row + 1] - 1] for row in histories.rows.tolist()]
    assert until == expected
    resolved = (folder / "recipe.toml").read_text()
    assert "target_time = true" in resolved


def test_data_without_times_is_refused_before_anything_is_trained(tmp_path):
    recipe = tiny_runs.write_recipe(tmp_path, RECIPE)
    log = tmp_path / "log.csv"
    lines = [line.rsplit(",", 1)[0] for line in log.read_text(encoding="utf-8").splitlines()]
    log.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        tiny_runs.train_tiny(recipe)
    assert str(refused.value) == (
        "encoder 'hstu', with these settings, needs the time of every interaction, and data set "
        "'interactions' has no times\n"
        "    give it data with times, or settings or an encoder that need none"
    )
    assert not list((tmp_path / "runs").iterdir())


def test_other_encoders_keep_no_times(tmp_path):
    folder = tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path), "training.epochs=1")
    assert read_histories(RunFolder.open(folder)).store.times is None


@pytest.mark.slow
def test_a_run_that_looks_at_times_is_exported_with_them_as_inputs(folder, tmp_path):
    written = export_onnx(folder, tmp_path / "model.onnx", warn=pytest.fail)
    assert written.agreement.close
    inputs = onnxruntime.InferenceSession(written.model).get_inputs()
    assert [one.name for one in inputs] == ["items", "lengths", "time"]
