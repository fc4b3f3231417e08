"""Positions without a target are left out of samplers and losses, and change no loss."""

import numpy as np
import pytest
import torch
from tests.steps import LENGTHS, MAX_LEN, SIZE, history_of, small_info
from torch.testing import assert_close

from fw import Batch, LossTerm, Sequences
from fw.engine.steps.batches import Group, cut_groups
from fw.engine.steps.step import Step, Term
from fw.engine.steps.targets import gathered, states_of_targets
from fw_plugins.encoders.bert4rec import BERT4Rec
from fw_plugins.encoders.sasrec_paper import SASRecPaper
from fw_plugins.losses.bce import BinaryCrossEntropy
from fw_plugins.losses.cross_entropy import CrossEntropy
from fw_plugins.samplers.hard import Hard
from fw_plugins.samplers.in_batch import InBatch
from fw_plugins.tasks.last_item import LastItem
from fw_plugins.tasks.masked_item import MaskedItem


def sequences_of(rows):
    items = torch.tensor(rows)
    return Sequences(items, torch.tensor([4, 3, 2]), torch.arange(3), {"rating": items * 10})


@pytest.fixture
def batch():
    inputs = sequences_of([[9, 9, 9, 9], [9, 9, 9, 0], [9, 9, 0, 0]])
    targets = sequences_of([[0, 5, 0, 7], [3, 0, 0, 0], [0, 0, 0, 0]])
    return Batch(inputs, targets, inputs)


class Few:
    """A task that says how many targets there are."""

    def __init__(self, number):
        self.number = number

    def num_targets(self, width):
        return self.number


def test_targets_move_together_in_their_order_and_keep_their_places(batch):
    found = gathered(batch, Few(2))
    assert found.targets.items.tolist() == [[5, 7], [3, 0], [0, 0]]
    assert found.targets.columns["rating"].tolist() == [[50, 70], [30, 0], [0, 0]]
    assert found.targets.lengths.tolist() == [2, 1, 0]
    assert found.places.tolist() == [[1, 3], [0, 0], [0, 0]]
    assert found.inputs is batch.inputs


def test_each_target_gets_the_state_of_its_place(batch):
    hidden = torch.arange(1.0, 25).view(3, 4, 2)
    states = states_of_targets(hidden, gathered(batch, Few(2)))
    assert states.tolist() == [[[3, 4], [7, 8]], [[9, 10], [0, 0]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize("task", [object(), Few(4), Few(9)], ids=["unsaid", "all", "more"])
def test_where_a_task_says_nothing_or_all_there_is_nothing_to_leave_out(batch, task):
    assert gathered(batch, task) is batch
    hidden = torch.ones(3, 4, 2)
    assert states_of_targets(hidden, batch) is hidden


class Unsaid:
    """A task that does not say how many targets there are."""

    def __init__(self, task):
        self.task, self.ahead = task, task.ahead

    def __call__(self, history, rng):
        return self.task(history, rng)


TASKS = {
    "last item": (LastItem(), SASRecPaper),
    "random prefix": (LastItem(prefix="random"), SASRecPaper),
    "masked item": (MaskedItem(ratio=0.4).build(small_info()), BERT4Rec),
}


def step_of(task, encoder, loss, sampler=None):
    info = small_info()
    torch.manual_seed(0)
    built = encoder(hidden_size=SIZE, num_blocks=1).build(info)
    sampler = sampler and sampler.build(info)
    return Step(
        seed=1,
        max_len=MAX_LEN,
        task=task,
        encoder=built,
        terms=[Term("loss", loss, 1.0)],
        sampler=sampler,
    )


def history_and_lengths(step):
    lengths = np.minimum(np.array(LENGTHS), step.history_width)
    return history_of(torch.arange(10), int(lengths[0])), lengths


def loss_and_gradient(step, groups=None):
    history, lengths = history_and_lengths(step)
    loss, _ = step(history, groups or cut_groups(lengths), 1)
    return loss, torch.autograd.grad(loss, step.encoder.items.weight)[0]


@pytest.mark.parametrize(("task", "encoder"), TASKS.values(), ids=TASKS)
def test_leaving_positions_out_changes_neither_loss_nor_gradient(task, encoder):
    few, all_of_them = (
        loss_and_gradient(step_of(one, encoder, CrossEntropy())) for one in (task, Unsaid(task))
    )
    assert_close(few, all_of_them, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("task", "encoder"), TASKS.values(), ids=TASKS)
def test_groups_change_nothing_but_the_padding(task, encoder):
    step = step_of(task, encoder, BinaryCrossEntropy(), Hard(num_candidates=4))
    width = history_and_lengths(step)[0].items.shape[1]
    whole = loss_and_gradient(step, [Group(0, 10, width)])
    parts = loss_and_gradient(step, [Group(0, 3, width), Group(3, 6, 9), Group(6, 10, 5)])
    assert_close(parts, whole, rtol=1e-5, atol=1e-6)


class Shapes:
    """A loss that keeps the shapes of what it is given."""

    requires = frozenset({"hidden", "negatives"})

    def __init__(self):
        self.seen = []

    def __call__(self, output):
        shapes = (output.hidden, output.batch.targets.items, output.negatives.collides)
        self.seen.append([list(one.shape) for one in shapes])
        return LossTerm(output.hidden.sum(), torch.tensor(1))


def test_losses_and_samplers_are_given_as_many_places_as_a_task_says():
    for name, number in {"last item": [1, 1], "masked item": [4, 2]}.items():
        task, encoder = TASKS[name]
        loss = Shapes()
        step = step_of(task, encoder, loss, InBatch(num_negatives=3))
        history, _ = history_and_lengths(step)
        step(history, [Group(0, 5, history.items.shape[1]), Group(5, 10, 5 + task.ahead)], 1)
        assert loss.seen == [[[5, n, SIZE], [5, n], [5, n, 3]] for n in number]


@pytest.mark.parametrize(("task", "encoder"), TASKS.values(), ids=TASKS)
def test_the_whole_step_reads_nothing_back_to_the_host(task, encoder):
    step = step_of(task, encoder, BinaryCrossEntropy(), Hard(num_candidates=4))
    history, lengths = history_and_lengths(step)
    groups = tuple(cut_groups(lengths))
    torch.compiler.reset()
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    plain, captured = (one(history, groups, torch.tensor(1))[0].item() for one in (step, compiled))
    assert captured == pytest.approx(plain, rel=1e-6)
