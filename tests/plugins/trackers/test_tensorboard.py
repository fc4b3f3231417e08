"""What TensorBoard reads of a run is what the run folder has."""

import json
import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fw.interfaces import Tracker
from fw.tracking import TrackedRun, epoch_numbers, result_numbers
from fw_plugins.trackers.tensorboard import TensorBoard
from tiny_runs import train_tiny, write_recipe


def read(folder):
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def curve(found, name):
    return [(event.step, event.value) for event in found.Scalars(name)]


def test_a_run_is_there_with_every_number_and_its_recipe(tmp_path):
    run = train_tiny(write_recipe(tmp_path), 'trackers=[{name="tensorboard"}]')
    found = read(run / "tensorboard")
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    result = json.loads((run / "result.json").read_text())
    assert set(found.Tags()["scalars"]) == {*epoch_numbers(lines[0]), *result_numbers(result)}
    for name in ("loss", "losses/bce", "valid/full-seen-out/ndcg@10", "seconds"):
        expected = [(line["epoch"], epoch_numbers(line)[name]) for line in lines]
        assert curve(found, name) == [
            (epoch, pytest.approx(value, rel=1e-6)) for epoch, value in expected
        ]
    name = "test/full-seen-out/ndcg@10"
    ((epoch, value),) = curve(found, f"result/{name}")
    assert epoch == result["best_epoch"]
    assert value == pytest.approx(result["metrics"][name]["value"], rel=1e-6)
    (tag,) = found.Tags()["tensors"]
    assert tag == "recipe/text_summary"
    (text,) = found.Tensors(tag)[0].tensor_proto.string_val
    assert '    name = "sasrec_paper"\n' in text.decode()


def test_runs_may_be_kept_in_a_folder_of_their_own(tmp_path):
    board = tmp_path / "board"
    run = train_tiny(write_recipe(tmp_path), f'trackers=[{{name="tensorboard", folder="{board}"}}]')
    assert [path.name for path in board.iterdir()] == [run.name]
    assert len(curve(read(board / run.name), "loss")) == 2
    assert not (run / "tensorboard").exists()


def test_epochs_that_a_resumed_run_repeats_replace_those_before(tmp_path):
    def track(epochs, losses):
        tracker = TensorBoard().build(None)
        assert isinstance(tracker, Tracker)
        tracker.begin(TrackedRun(name="r", folder=tmp_path, recipe={"seed": 1}, epochs=epochs))
        for epoch, loss in losses.items():
            tracker.epoch({"epoch": epoch, "loss": loss})
        tracker.close()

    track(0, {1: 8.0, 2: 4.0, 3: 2.0})
    time.sleep(1.1)  # TensorBoard orders files by the second in their names
    track(1, {2: 5.0, 3: 1.0})
    assert curve(read(tmp_path / "tensorboard"), "loss") == [(1, 8.0), (2, 5.0), (3, 1.0)]
