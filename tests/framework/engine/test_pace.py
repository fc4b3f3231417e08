"""The learning rate of every step: warm-up, then the schedule, at the address of the step."""

import json

import pytest
import torch
from tests.steps import LENGTHS, Replayer, history_of, small_step

from fw.engine import run as engine
from fw.engine.pace import Pace
from fw.engine.steps.batches import cut_groups
from fw.engine.steps.execution import PlainStep
from fw.engine.steps.graphs import CapturedStep
from fw.errors import UserError
from fw_plugins.schedules.linear import Linear
from tiny_runs import RECIPE, Silent, write_recipe


def optimizer_of(*rates):
    groups = [{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": rate} for rate in rates]
    return torch.optim.Adam(groups)


def pace_of(optimizer, *, warmup_steps=0, epochs=2):
    rates = tuple(group["lr"] for group in optimizer.param_groups)
    return Pace(
        optimizer=optimizer,
        schedule=Linear(),
        warmup_steps=warmup_steps,
        epochs=epochs,
        rates=rates,
    )


def rates_of(optimizer):
    return [float(group["lr"]) for group in optimizer.param_groups]


def test_the_rate_rises_in_equal_parts_and_then_follows_the_schedule_to_the_last_step():
    optimizer = optimizer_of(0.1)
    pace = pace_of(optimizer, warmup_steps=2, epochs=2)
    found = []
    for epoch in (1, 2):
        for done in range(3):
            pace.set(epoch, done, 3)
            found += rates_of(optimizer)
    assert found == pytest.approx([0.05, 0.1, 0.1, 0.075, 0.05, 0.025])
    assert pace.rate == pytest.approx(0.025)


def test_every_group_keeps_its_own_rate():
    optimizer = optimizer_of(0.1, 0.5)
    pace_of(optimizer, epochs=1).set(1, 1, 2)
    assert rates_of(optimizer) == pytest.approx([0.05, 0.25])


def test_the_order_in_which_rates_are_asked_for_does_not_matter():
    optimizer = optimizer_of(0.1)
    pace = pace_of(optimizer, warmup_steps=3)
    for epoch, done in ((2, 4), (1, 0), (2, 1)):
        pace.set(epoch, done, 5)
    again = optimizer_of(0.1)
    pace_of(again, warmup_steps=3).set(2, 1, 5)
    assert rates_of(optimizer) == rates_of(again)


def test_where_steps_are_captured_the_rate_stays_in_its_place_on_the_device():
    optimizer = optimizer_of(0.1)
    pace = pace_of(optimizer)
    pace.set(1, 0, 5)
    assert isinstance(optimizer.param_groups[0]["lr"], float)
    optimizer.param_groups[0]["capturable"] = True
    pace.set(1, 1, 5)
    place = optimizer.param_groups[0]["lr"]
    assert place.item() == pytest.approx(0.09)
    pace.set(1, 2, 5)
    assert optimizer.param_groups[0]["lr"] is place
    assert place.item() == pytest.approx(0.08)


def losses_under_a_schedule(captured):
    step = small_step()
    optimizer = torch.optim.Adam(step.parameters(), lr=0.05, fused=True)
    pace = pace_of(optimizer, warmup_steps=3, epochs=1)
    execute = PlainStep(step, optimizer)
    if captured:
        execute = CapturedStep(execute, optimizer, pytest.fail, Replayer())
    groups = cut_groups(torch.tensor(LENGTHS).clamp(max=13).numpy())
    losses = []
    for done in range(10):
        pace.set(1, done, 10)
        history = history_of(torch.arange(10), groups[0].width)
        losses.append(execute(history, groups, torch.tensor(1))[0].item())
    return losses


def test_captured_steps_follow_the_schedule_as_eager_ones_do():
    assert losses_under_a_schedule(True) == pytest.approx(losses_under_a_schedule(False), rel=1e-5)


def lines_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_run_writes_down_the_rate_that_its_schedule_came_to(tmp_path):
    text = RECIPE + '\n[schedule]\nname = "linear"\nwarmup_steps = 1\n'
    found = engine.run(
        write_recipe(tmp_path, text), runs=tmp_path / "runs", device="cpu", reporter=Silent()
    )
    # 2 steps in each of 2 epochs: 1, then 1, 2/3 and 1/3 of 0.001.
    rates = [line["learning_rate"] for line in lines_of(found.folder)]
    assert rates == pytest.approx([0.001, 0.001 / 3])


def test_a_warm_up_that_is_longer_than_training_is_said(tmp_path):
    text = RECIPE + '\n[schedule]\nname = "constant"\nwarmup_steps = 5\n'
    reporter = Silent()
    engine.run(write_recipe(tmp_path, text), runs=tmp_path, device="cpu", reporter=reporter)
    assert reporter.warned == [
        "[schedule] warmup_steps = 5, but training has 4 steps at most: the learning rate never "
        "reaches its full height",
    ]


BARE = """
import attrs, torch
from fw import hookimpl

class Fixed(torch.optim.Optimizer):
    def __init__(self, parameters):
        super().__init__(parameters, {})

    def step(self, closure=None):
        pass

@attrs.frozen
class Bare:
    '''An optimizer without a learning rate.'''
    def __call__(self, parameters):
        return Fixed(list(parameters))

@hookimpl
def register_optimizers(register):
    register("bare", Bare)
"""


def test_an_optimizer_without_a_learning_rate_has_no_schedule(tmp_path, monkeypatch):
    (tmp_path / "bare_optimizer.py").write_text(BARE)
    monkeypatch.syspath_prepend(tmp_path)
    overrides = ['optimizer={name="bare"}', 'schedule={name="cosine"}']
    with pytest.raises(UserError) as caught:
        engine.run(
            write_recipe(tmp_path),
            overrides=overrides,
            plugins=["bare_optimizer"],
            runs=tmp_path / "runs",
            device="cpu",
            reporter=Silent(),
        )
    assert str(caught.value) == (
        "[schedule] has nothing to change: optimizer 'bare' has no rate lr"
    )
    assert list((tmp_path / "runs").iterdir()) == []
