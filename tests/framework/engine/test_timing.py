"""Times of a run, by hand, and operations counted on a model with one product."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

from fw import LossTerm, Sequences
from fw.engine import timing
from fw.engine.steps.batches import Group, Plan
from fw.engine.steps.step import Step, Term
from fw.engine.timing import count_operations, summary
from fw.nn.items import ItemTable
from fw_plugins.tasks.next_item import NextItem

# Ten rows in two groups: 75 positions for 60 items; and five rows of four.
PLANS = [
    Plan(np.arange(10), (Group(0, 5, 10), Group(5, 10, 5)), 60),
    Plan(np.arange(5), (Group(0, 5, 5),), 20),
]


def test_the_first_epoch_warms_up_and_is_left_out_of_median_and_spread():
    assert summary([9.0, 2.0, 4.0, 2.5], PLANS) == {
        "seconds_per_epoch": 2.5,
        "seconds_per_epoch_fastest": 2.0,
        "seconds_per_epoch_slowest": 4.0,
        "epochs_counted": 3,
        "interactions_per_second": 32.0,
        "tokens_per_epoch": {"real": 80, "padded": 100, "real_share": 0.8},
    }


def test_a_lone_epoch_is_all_there_is_to_go_by():
    found = summary([9.0], PLANS)
    assert (found["seconds_per_epoch"], found["epochs_counted"]) == (9.0, 1)


def test_a_run_without_an_epoch_has_no_times():
    found = summary([], PLANS)
    assert found["seconds_per_epoch"] is found["interactions_per_second"] is None
    assert found["epochs_counted"] == 0


SIZE = 8


class OneProduct(nn.Module):
    """An encoder that is one matrix."""

    causal, hidden_size = True, SIZE

    def __init__(self):
        super().__init__()
        self.items = ItemTable(9, SIZE, nn.init.normal_)
        self.matrix = nn.Linear(SIZE, SIZE, bias=False)

    def forward(self, sequences, rng=None):
        return self.matrix(self.items.rows(sequences.items))


class Sum:
    requires = frozenset({"hidden"})

    def __call__(self, output):
        return LossTerm(output.hidden.sum(), torch.tensor(1))


def test_the_operations_of_a_step_are_those_of_its_products_forward_and_backward():
    step = Step(
        seed=1, max_len=4, task=NextItem(), encoder=OneProduct(), terms=[Term("sum", Sum(), 1.0)]
    )
    history = Sequences(
        torch.ones(3, 5, dtype=torch.int64), torch.tensor([5, 4, 3]), torch.arange(3)
    )
    groups = (Group(0, 1, 5), Group(1, 3, 4))
    before = {name: value.clone() for name, value in step.state_dict().items()}
    found = count_operations(step, history, Plan(history.rows.numpy(), groups, 12))
    positions = 1 * 4 + 2 * 3  # of the inputs, which lack the newest item
    assert found == 3 * 2 * positions * SIZE * SIZE  # once forward, twice backward
    assert all(parameter.grad is None for parameter in step.parameters())
    assert all(value.equal(before[name]) for name, value in step.state_dict().items())


def test_an_epoch_is_set_against_what_the_machine_can_do(monkeypatch):
    monkeypatch.setattr(timing, "count_operations", lambda step, history, plan: 3000)
    rates = {torch.float32: 8000.0, torch.bfloat16: 16000.0}
    monkeypatch.setattr(timing, "matrix_rate", lambda device, dtype: rates[dtype])
    session = SimpleNamespace(
        history=lambda plan: None,
        step=None,
        device=torch.device("cpu"),
        training=SimpleNamespace(precision="float32"),
    )
    assert timing.matrix_work(session, PLANS, 2.0) == {
        "operations_per_epoch": 4000.0,  # 3000 for 75 of 100 positions
        "operations_per_second": 2000.0,
        "machine_operations_per_second": 8000.0,
        "share": 0.25,
    }
    session.training.precision = "bfloat16"
    assert timing.matrix_work(session, PLANS, 2.0)["share"] == 0.125
    assert timing.matrix_work(session, PLANS, None) is None
