"""A step is the same loss however it is cut, and its draws do not depend on the batch."""

import numpy as np
import pytest
import torch
from tests.steps import (
    LENGTHS,
    MAX_LEN,
    NUM_ITEMS,
    SIZE,
    history_of,
    small_info,
    small_step,
    step_with,
)
from torch import nn

from fw import LossTerm, Negatives
from fw.engine.steps.batches import Group, cut_groups
from fw.engine.steps.cutting import newest
from fw.engine.steps.step import Term
from fw.nn.items import ItemTable
from fw_plugins.losses.bce import BinaryCrossEntropy
from fw_plugins.samplers.uniform import Uniform


class RunningMean(nn.Module):
    """A causal encoder: the mean of the embeddings so far."""

    causal, hidden_size = True, SIZE

    def __init__(self):
        super().__init__()
        self.items = ItemTable(NUM_ITEMS, SIZE, nn.init.normal_)

    def forward(self, sequences, rng=None):
        summed = self.items.rows(sequences.items).cumsum(1)
        counts = torch.arange(1, summed.shape[1] + 1)[:, None]
        return summed / counts * sequences.is_real()[..., None]


@pytest.fixture
def info():
    return small_info()


@pytest.fixture
def step():
    torch.manual_seed(0)
    return small_step(RunningMean())


def histories(chosen):
    lengths = np.minimum(np.array(LENGTHS)[chosen], MAX_LEN + 1)
    return history_of(torch.tensor(chosen), int(lengths[0])), lengths


def test_groups_change_nothing_but_the_padding(step):
    history, lengths = histories(list(range(10)))
    whole, terms = step(history, [Group(0, 10, int(lengths.max()))], 1)
    groups = [Group(0, 3, 13), Group(3, 6, 9), Group(6, 10, 5)]
    in_parts, terms_in_parts = step(history, groups, 1)
    assert in_parts.item() == pytest.approx(whole.item(), rel=1e-6)
    assert terms_in_parts.tolist() == pytest.approx(terms.tolist(), rel=1e-6)


def test_the_loss_is_the_weighted_sum_of_its_terms(step):
    history, lengths = histories([0, 4, 9])
    loss, terms = step(history, cut_groups(lengths), 1)
    assert loss.item() == pytest.approx(terms[0].item() + 0.1 * terms[1].item(), rel=1e-6)


def test_source_and_views_of_all_groups_are_encoded_by_one_call_where_it_can_be_had(step):
    history, _ = histories(list(range(10)))
    groups = [Group(0, 3, 13), Group(3, 6, 9), Group(6, 10, 5)]
    one_by_one, _ = step(history, groups, 1)
    asked = []

    def together(parts, places):
        asked.append(len(parts))
        return [step.encoder(part, place) for part, place in zip(parts, places, strict=True)]

    step.encoder.together = together
    at_once, _ = step(history, groups, 1)
    assert asked == [3 * len(groups)]
    assert at_once.item() == pytest.approx(one_by_one.item(), rel=1e-6)


def test_a_rows_part_of_the_loss_is_the_same_in_any_batch(step):
    def total(chosen):
        history, lengths = histories(chosen)
        _, terms = step(history, [Group(0, len(chosen), int(lengths[0]))], 1)
        targets = np.minimum(np.array(LENGTHS)[chosen] - 1, MAX_LEN)
        return terms[0].item() * targets.sum()

    together = total([0, 3, 6])
    assert together == pytest.approx(total([0]) + total([3]) + total([6]), rel=1e-5)


def test_adding_a_contrastive_loss_moves_no_negative(step):
    history, lengths = histories(list(range(10)))
    alone = step_with(step, terms=step.terms[:1], sampler=step.sampler)
    groups = cut_groups(lengths)
    assert alone(history, groups, 1)[1][0] == step(history, groups, 1)[1][0]


def test_epochs_draw_differently_and_each_the_same_again(step):
    history, lengths = histories(list(range(10)))
    first = step(history, cut_groups(lengths), 1)[0].item()
    assert step(history, cut_groups(lengths), 1)[0].item() == first
    assert step(history, cut_groups(lengths), 2)[0].item() != first


def test_a_batch_in_which_nothing_is_counted_has_a_loss_of_zero(step):
    class CountsNothing:
        requires = frozenset({"hidden"})

        def __call__(self, output):
            return LossTerm(output.hidden.sum() * 0, torch.tensor(0))

    history, lengths = histories([0, 1])
    empty = step_with(step, terms=[Term("nothing", CountsNothing(), 1.0)])
    assert empty(history, cut_groups(lengths), 1)[0].item() == 0.0


def test_everything_with_weights_is_trained_and_saved(step):
    assert "encoder.items.weight" in dict(step.named_parameters())
    assert set(step.state_dict()) == {name for name, _ in step.named_parameters()}


def test_the_newest_of_a_history_that_is_one_item_too_long():
    history = history_of(torch.tensor([0, 8]), 13)
    cut = newest(history, 12)
    assert cut.items[0].tolist() == history.items[0, 1:].tolist()
    assert cut.items[1, :3].tolist() == history.items[1, :3].tolist()
    assert cut.lengths.tolist() == [12, 3]


def test_the_whole_step_reads_nothing_back_to_the_host(step):
    history, _ = histories(list(range(10)))
    groups = (Group(0, 4, 13), Group(4, 10, 9))
    torch.compiler.reset()
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    plain, captured = (
        step(history, groups, torch.tensor(1)),
        compiled(history, groups, torch.tensor(1)),
    )
    assert captured[0].item() == pytest.approx(plain[0].item(), rel=1e-6)


class DrawsItself:
    """A loss that is what it draws, and no more."""

    requires = frozenset({"hidden"})

    def __call__(self, output):
        drawn = output.rng.uniform(tuple(output.batch.targets.items.shape))
        real = output.batch.targets.is_real()
        return LossTerm((drawn * real).sum() + output.hidden.sum() * 0, real.sum())


def test_every_loss_draws_for_its_rows_from_a_place_of_its_own(step):
    history, lengths = histories(list(range(10)))
    terms = [Term("one", DrawsItself(), 1.0), Term("two", DrawsItself(), 1.0)]
    drawing = step_with(step, terms=terms)
    one, two = drawing(history, [Group(0, 10, int(lengths.max()))], 1)[1].tolist()
    assert one != two
    groups = [Group(0, 3, 13), Group(3, 6, 9), Group(6, 10, 5)]
    assert drawing(history, groups, 1)[1].tolist() == pytest.approx([one, two], rel=1e-6)


def test_a_sampler_that_selects_is_asked_once_hidden_states_are_known(step, info):
    candidates = Uniform(num_negatives=3).build(info)

    class KeepsFirst:
        def __call__(self, batch, rng):
            return candidates(batch, rng)

        def select(self, output):
            assert output.hidden.shape[:2] == output.negatives.items.shape[:2]
            items, log_probability, collides, target = output.negatives
            return Negatives(items[..., :1], log_probability[..., :1], collides[..., :1], target)

    history, lengths = histories(list(range(10)))
    terms = [Term("bce", BinaryCrossEntropy(), 1.0)]
    one = Uniform(num_negatives=1).build(info)
    losses = [
        step_with(step, terms=terms, sampler=sampler)(history, cut_groups(lengths), 1)[0].item()
        for sampler in (KeepsFirst(), one)
    ]
    assert losses[0] == losses[1]
