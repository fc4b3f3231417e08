"""What losses are given that look at positions one by one."""

import pytest
import torch
from tests.steps import LENGTHS, history_of, small_step, step_with
from torch.testing import assert_close

from fw import LossTerm
from fw.engine.steps import positionwise
from fw.engine.steps.batches import Group
from fw.engine.steps.step import Term
from fw.interfaces import PAD
from fw_plugins.losses.cross_entropy import CrossEntropy

GROUPS = [Group(0, 3, 13), Group(3, 6, 9), Group(6, 10, 5)]
REAL = sum(min(length - 1, 12) for length in LENGTHS)  # all but the first have one before them
ALL = 3 * 12 + 3 * 8 + 4 * 4


class Watched:
    """A loss that keeps what it is given."""

    positionwise = True

    def __init__(self, *requires):
        self.requires = frozenset(requires)

    def __call__(self, output):
        self.output = output
        return LossTerm(output.hidden.sum(), torch.tensor(1))


def step_of(*losses):
    small = small_step()
    terms = [Term(f"loss {i}", loss, 1.0) for i, loss in enumerate(losses)]
    return step_with(small, terms=terms, sampler=small.sampler)


def taken(step):
    return step(history_of(torch.arange(10), 13), GROUPS, 1)[0]


def test_rows_without_a_target_are_left_out_for_a_loss_over_all_items_alone():
    over_all, with_negatives = Watched("hidden"), Watched("hidden", "negatives")
    taken(step_of(over_all, with_negatives))
    items = over_all.output.batch.targets.items
    assert items.shape == (REAL, 1)
    assert (items != PAD).all()
    assert over_all.output.hidden.shape[:2] == (REAL, 1)
    every = with_negatives.output
    assert every.hidden.shape[:2] == every.negatives.items.shape[:2] == (ALL, 1)
    there = every.batch.targets.items[:, 0] != PAD
    assert_close(every.hidden[there], over_all.output.hidden)
    assert every.batch.targets.rows[there].equal(over_all.output.batch.targets.rows)


def test_leaving_rows_out_changes_neither_loss_nor_gradients(monkeypatch):
    step = step_of(CrossEntropy())
    found = taken(step)
    given = torch.autograd.grad(found, list(step.parameters()))
    monkeypatch.setattr(positionwise, "is_eager_on_cpu", lambda values: False)
    whole = taken(step)
    assert_close(found, whole)
    assert_close(given, torch.autograd.grad(whole, list(step.parameters())))


@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(label_smoothing=0.1)])
def test_a_batch_without_any_target_has_a_loss_of_zero_and_no_gradient(loss):
    step = step_of(loss)
    history = history_of(torch.tensor([9]), 2)
    alone = history._replace(
        items=history.items * torch.tensor([1, 0]), lengths=torch.ones_like(history.lengths)
    )
    total = step(alone, [Group(0, 1, 1)], 1)[0]
    total.backward()
    assert total.item() == 0.0
    assert not any(p.grad.any() for p in step.parameters() if p.grad is not None)
