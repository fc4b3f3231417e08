"""A finished run comes back as it was."""

import json
import shutil

import pytest

from fw.engine.evaluating import results
from fw.engine.restore import restore
from fw.errors import RunError
from tiny_runs import write_recipe


@pytest.fixture
def copy(tiny_run, tmp_path):
    """A copy of the run that may be broken."""
    return shutil.copytree(tiny_run, tmp_path / "copy")


def restored(path):
    return restore(path, device="cpu", warn=pytest.fail)


def test_case_B14_the_restored_model_has_the_weights_that_were_tested(tiny_run):
    run = restored(tiny_run)
    scores = {"test": run.parts.exam.score_model(run.parts.step, "test")}
    kept = json.loads((tiny_run / "result.json").read_text())["metrics"]
    for name, entry in results.as_json(scores).items():
        assert kept[name] == entry


def test_a_run_that_is_not_finished_is_refused(copy):
    (copy / "result.json").unlink()
    with pytest.raises(RunError) as caught:
        restored(copy)
    assert str(caught.value) == (
        f"the run is not finished: {copy}\n    go on with it: fw run --resume {copy}"
    )


def test_what_is_no_run_folder_is_refused(tmp_path):
    with pytest.raises(RunError) as caught:
        restored(tmp_path)
    assert str(caught.value) == f"not a run folder (it has no recipe.toml): {tmp_path}"


def test_other_data_than_the_run_had_is_refused(copy, tmp_path):
    description = json.loads((copy / "data.json").read_text())
    description["fingerprints"]["cleaned"] = "another"
    (copy / "data.json").write_text(json.dumps(description))
    with pytest.raises(RunError, match="was begun with other data"):
        restored(copy)


def test_without_a_best_epoch_the_last_weights_are_used(copy):
    result = json.loads((copy / "result.json").read_text())
    (copy / "result.json").write_text(json.dumps({**result, "best_epoch": 0}))
    (copy / "best.safetensors").unlink()
    assert restored(copy).result["best_epoch"] == 0
    shutil.rmtree(copy / "state")
    with pytest.raises(RunError) as caught:
        restored(copy)
    assert str(caught.value) == f"the run has no weights: {copy}"


def test_the_data_of_a_run_may_have_moved_to_the_data_folder(tmp_path, monkeypatch):
    from tiny_runs import train_tiny

    (tmp_path / "data").mkdir()
    recipe = write_recipe(tmp_path / "data")
    recipe = recipe.rename(tmp_path / "tiny.toml")
    monkeypatch.setenv("FW_DATA_DIR", str(tmp_path / "data"))
    folder = train_tiny(recipe)
    monkeypatch.delenv("FW_DATA_DIR")
    run = restore(folder, device="cpu", data=tmp_path / "data", warn=pytest.fail)
    assert run.data.name == "interactions"
