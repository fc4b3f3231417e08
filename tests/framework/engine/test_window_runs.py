"""Runs over windows of whole histories: what they are trained on, and that they can be resumed."""

import json
import signal

import pytest

from fw.engine import run as engine
from fw.engine.exam import Exam
from fw.engine.finished.model import open_trained
from fw.stopping import Stopped
from same_runs import assert_same_run
from tiny_runs import CONTRAST, RECIPE, Silent, train_tiny, write_recipe

TEXT = RECIPE.replace("max_len = 8", "max_len = 4").replace(
    "epochs = 2", "epochs = 2\nwindow_stride = 3"
)
SHARED = TEXT.replace('name = "uniform"', 'name = "in_batch"\nnum_negatives = 5')


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return train_tiny(write_recipe(tmp_path_factory.mktemp("windows"), SHARED + CONTRAST))


def test_an_epoch_goes_over_all_windows_of_every_history(folder):
    lengths = open_trained(folder, device="cpu", warn=pytest.fail).split.train_lengths
    windows, items = 0, 0
    for length in lengths.tolist():
        end = length
        while True:
            windows, items = windows + 1, items + min(end, 5)
            if end <= 5:
                break
            end -= 3
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["users"] for line in lines] == [windows] * 2
    assert [line["interactions"] for line in lines] == [items] * 2
    assert windows > len(lengths)


def test_a_run_over_windows_is_resumed_to_the_bit(folder, tmp_path, monkeypatch):
    recipe = write_recipe(tmp_path, SHARED + CONTRAST)
    with monkeypatch.context() as patched:
        patched.setattr(Exam, "score_model", lambda *_: signal.raise_signal(signal.SIGINT))
        with pytest.raises(Stopped):
            train_tiny(recipe)
    (stopped,) = (tmp_path / "runs").iterdir()
    engine.resume(stopped, device="cpu", reporter=Silent())
    assert_same_run(stopped, folder)


@pytest.mark.parametrize("task", ["last_item", "masked_item"])
def test_other_tasks_are_trained_on_windows_too(task, tmp_path):
    recipe = write_recipe(tmp_path, TEXT.replace('name = "next_item"', f'name = "{task}"'))
    assert (train_tiny(recipe) / "result.json").exists()
