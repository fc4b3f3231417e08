"""The average of weights: against a slow mean, swapped in and out, and what a run keeps of it."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from tests.steps import LENGTHS, Replayer, history_of, small_step

from fw.engine.steps.average import Average
from fw.engine.steps.batches import cut_groups
from fw.engine.steps.execution import PlainStep
from fw.engine.steps.graphs import CapturedStep
from same_runs import assert_same_tensors, checkpoint
from tiny_runs import train_tiny, write_recipe


def slow_average(course, decay):
    """Weigh what came t steps before the last by decay to the power of t."""
    factors = [decay**age for age in reversed(range(len(course)))]
    return sum(f * value for f, value in zip(factors, course, strict=True)) / sum(factors)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=30), st.floats(0.01, 0.999))
def test_it_is_the_mean_over_all_steps_with_falling_factors(course, decay):
    weight = torch.zeros(2)
    average = Average([weight], decay)
    for value in course:
        weight.fill_(value)
        average.update()
    (found,) = average.values()
    assert found.tolist() == pytest.approx([slow_average(course, decay)] * 2, abs=1e-4)


def test_the_model_has_the_average_for_a_while_and_then_its_own_weights_whatever_happens():
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    average = Average([weight], 0.5)
    for value in (1.0, 4.0):
        weight.data.fill_(value)
        average.update()
    place = weight.data_ptr()
    with average.in_use():
        assert weight.item() == pytest.approx(3.0)  # (1 / 2 * 1 + 4) / (3 / 2)
        assert weight.data_ptr() == place  # a captured step goes on reading it there
    assert weight.item() == 4.0
    with pytest.raises(KeyboardInterrupt), average.in_use():
        raise KeyboardInterrupt
    assert weight.item() == 4.0


def test_a_restored_average_goes_on_to_the_bit():
    weight = torch.rand(3)
    average, again = Average([weight], 0.9), Average([weight], 0.9)
    average.update()
    again.restore(average.state())
    weight.add_(1)
    average.update(), again.update()
    assert average.values()[0].equal(again.values()[0])


def test_a_state_of_other_weights_is_refused():
    with pytest.raises(ValueError, match="zip"):
        Average([torch.zeros(2)], 0.9).restore(Average([torch.zeros(2)] * 2, 0.9).state())


def averaged(captured):
    step = small_step()
    optimizer = torch.optim.Adam(step.parameters(), lr=0.01, fused=True)
    average = Average(list(step.parameters()), 0.8)
    execute = PlainStep(step, optimizer, average=average)
    if captured:
        execute = CapturedStep(execute, optimizer, pytest.fail, Replayer())
    groups = cut_groups(torch.tensor(LENGTHS).clamp(max=13).numpy())
    for epoch in range(8):
        execute(history_of(torch.arange(10), groups[0].width), groups, torch.tensor(epoch))
    return average.values()


def test_captured_steps_average_as_eager_ones_do():
    for eager, captured in zip(averaged(False), averaged(True), strict=True):
        assert eager.equal(captured)


def metrics_of(folder):
    return json.loads((folder / "metrics.jsonl").read_text())["metrics"]


def test_a_run_keeps_and_evaluates_the_average_and_trains_on_with_its_own_weights(tmp_path):
    recipe = write_recipe(tmp_path)
    plain = train_tiny(recipe, "training.epochs=1", "optimizer.learning_rate=0.05")
    more = ("training.epochs=1", "optimizer.learning_rate=0.05", "training.ema_decay=0.5")
    folder = train_tiny(recipe, *more)
    assert_same_tensors(checkpoint(plain)["weights"], checkpoint(folder)["weights"])
    kept, saved = load_file(folder / "best.safetensors"), checkpoint(folder)
    names = [name for name in saved["weights"] if name in kept]
    means = [total / saved["average"]["mass"] for total in saved["average"]["sums"]]
    assert len(names) == len(means)
    for name, mean in zip(names, means, strict=True):
        torch.testing.assert_close(kept[name], mean)
        assert not kept[name].equal(saved["weights"][name]), name
    metrics = [
        json.loads((one / "metrics.jsonl").read_text())["metrics"] for one in (plain, folder)
    ]
    assert metrics[0] != metrics[1]


def test_what_validation_saw_is_what_the_kept_weights_score(tmp_path):
    folder = train_tiny(write_recipe(tmp_path), "training.ema_decay=0.9")
    result = json.loads((folder / "result.json").read_text())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    seen = lines[result["best_epoch"] - 1]["metrics"][result["monitor"]]
    assert result["metrics"][result["monitor"]]["value"] == seen
