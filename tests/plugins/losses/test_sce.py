"""Cross-entropy in buckets: against loops, and against the full softmax where buckets hold all."""

import math

import pytest
import torch
from torch.testing import assert_close

from fw import Batch, Sequences, StepOutput
from fw.nn.items import ItemTable
from fw.random import Rng
from fw_plugins.losses.cross_entropy import CrossEntropy
from fw_plugins.losses.sce import ScalableCrossEntropy, bucket_losses

TARGETS = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [9, 9, 8, 0, 0]])
NUM_ITEMS, SIZE = 9, 5
REAL = int((TARGETS > 0).sum())


@pytest.fixture
def output():
    torch.manual_seed(0)
    table = ItemTable(NUM_ITEMS, SIZE, torch.nn.init.normal_)
    hidden = (torch.randn(*TARGETS.shape, SIZE) * (TARGETS > 0)[..., None]).requires_grad_()
    sequences = Sequences(TARGETS, (TARGETS > 0).sum(1), torch.arange(3))
    batch = Batch(sequences, sequences, sequences)
    return StepOutput(batch, table, hidden=hidden, rng=Rng.for_rows(1, 1, sequences.rows))


def gradients(term, output):
    return torch.autograd.grad(term.total, [output.hidden, output.items.weight])


def slow_loss(hidden, weight, targets, directions, num_positions, num_items):
    """The algorithm of the paper, bucket by bucket, with lists and dictionaries."""
    items, states, largest = weight[1:-1], hidden.flatten(0, 1), {}
    labels = targets.flatten().tolist()
    real = [place for place, label in enumerate(labels) if label]
    for direction in directions:
        nearest = sorted(real, key=lambda place: -(direction @ states[place]).item())
        ordered = sorted(range(len(items)), key=lambda item: -(direction @ items[item]).item())
        for place in nearest[:num_positions]:
            wrong = [item for item in ordered[:num_items] if item != labels[place] - 1]
            scores = [items[item] @ states[place] for item in [labels[place] - 1, *wrong]]
            loss = -torch.stack(scores).log_softmax(0)[0]
            largest[place] = max(largest.get(place, loss), loss, key=torch.Tensor.item)
    return sum(largest.values()), len(largest)


@pytest.mark.parametrize("mix", [False, True])
def test_sum_count_and_gradients_equal_a_loop_over_buckets(output, mix):
    loss = ScalableCrossEntropy(num_buckets=3, bucket_positions=4, bucket_items=4, mix=mix)
    directions = loss._directions(output.hidden.flatten(0, 1), output).double()
    term = loss(output)
    hidden, weight = (
        tensor.detach().double().requires_grad_() for tensor in (output.hidden, output.items.weight)
    )
    total, count = slow_loss(hidden, weight, TARGETS, directions, 4, 4)
    assert term.total.item() == pytest.approx(total.item(), rel=1e-5)
    assert REAL > term.count.item() == count > 4
    expected = torch.autograd.grad(total, [hidden, weight])
    for one, other in zip(gradients(term, output), expected, strict=True):
        assert_close(one.double(), other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mix", [False, True])
def test_buckets_that_hold_everything_give_the_full_softmax(output, mix):
    loss = ScalableCrossEntropy(num_buckets=2, bucket_positions=99, bucket_items=99, mix=mix)
    term, full = loss(output), CrossEntropy()(output)
    assert term.count.item() == full.count.item()
    assert term.total.item() == pytest.approx(full.total.item(), rel=1e-5)
    assert_close(gradients(term, output), gradients(full, output), rtol=1e-4, atol=1e-5)


def test_sizes_that_are_not_set_are_those_that_the_paper_advises(output):
    loss = ScalableCrossEntropy()
    # 2 sqrt(15) is 7.7.
    assert loss._directions(output.hidden.flatten(0, 1), output).shape == (8, SIZE)
    assert loss._per_bucket(15) == 8
    assert loss._per_bucket(1) == 1


def test_the_hardest_bucket_of_a_position_counts():
    hidden, table = torch.ones(1, 1), torch.tensor([[1.0], [2.0], [3.0]])
    positions, items = torch.zeros(2, 1, dtype=torch.int64), torch.tensor([[1], [2]])
    losses = bucket_losses(hidden, table, torch.tensor([0]), positions, items)
    expected = [[math.log1p(math.exp(1))], [math.log1p(math.exp(2))]]
    assert losses.tolist() == [pytest.approx(row) for row in expected]


def test_a_bucket_that_holds_nothing_but_the_target_costs_nothing():
    losses = bucket_losses(
        torch.ones(1, 1),
        torch.ones(3, 1),
        torch.tensor([2]),
        torch.zeros(1, 1, dtype=torch.int64),
        torch.tensor([[2]]),
    )
    assert losses.tolist() == [[0.0]]


def test_directions_are_the_same_again_and_others_in_the_next_epoch(output):
    loss = ScalableCrossEntropy(num_buckets=1, bucket_positions=2, bucket_items=2)
    first = loss(output).total.item()
    assert loss(output).total.item() == first
    others = {
        loss(output._replace(rng=Rng.for_rows(1, epoch, torch.arange(3)))).total.item()
        for epoch in range(2, 8)
    }
    assert len(others | {first}) > 2


def test_padding_and_the_mask_token_are_no_items(output):
    loss = ScalableCrossEntropy(bucket_items=99)
    before = loss(output).total.item()
    output.items.weight.data[[0, -1]] = 1e3
    assert loss(output).total.item() == before


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_scores_far_from_zero_stay_finite(output, scale):
    hidden = (output.hidden.detach() * scale).requires_grad_()
    term = ScalableCrossEntropy()(output._replace(hidden=hidden))
    term.total.backward()
    assert term.total.isfinite()
    assert hidden.grad.isfinite().all()


def test_a_part_without_targets_gives_zero_over_zero(output):
    nothing = torch.zeros_like(TARGETS)
    sequences = Sequences(nothing, nothing.sum(1), torch.arange(3))
    empty = output._replace(batch=Batch(sequences, sequences, sequences))
    term = ScalableCrossEntropy()(empty)
    term.total.backward()
    assert (term.total.item(), term.count.item()) == (0.0, 0)
    assert not output.hidden.grad.any()


@pytest.mark.parametrize("mix", [False, True])
def test_it_compiles_as_one_graph(output, mix):
    loss = ScalableCrossEntropy(mix=mix)
    torch.compiler.reset()
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    assert compiled(output).total.item() == pytest.approx(loss(output).total.item(), rel=1e-6)
