"""Every loss that looks at negatives, against its formula in a loop over positions in float64."""

import math

import pytest
import torch
from torch.nn.functional import logsigmoid
from torch.testing import assert_close

from fw.nn.items import ItemTable
from fw_plugins.losses.bce import BinaryCrossEntropy
from fw_plugins.losses.bpr import BayesianPersonalisedRanking
from fw_plugins.losses.gbce import GeneralisedBinaryCrossEntropy
from fw_plugins.losses.sampled_softmax import SampledSoftmax

TARGETS = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [0, 0, 0, 0, 0]])
NUM_ITEMS, SIZE, NUM_NEGATIVES = 9, 5, 3

# From the score of the target, those of the usable negatives, their log q, and the target's log q.


def bce(right, wrong, q, target_q):
    return -logsigmoid(right) - (1 - torch.sigmoid(wrong)).log().sum()


def gbce(right, wrong, q, target_q):
    alpha = NUM_NEGATIVES / (NUM_ITEMS - 1)
    beta = alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha)
    total = beta * logsigmoid(right) + (1 - torch.sigmoid(wrong)).log().sum()
    return -total / (NUM_NEGATIVES + 1)


def bpr(right, wrong, q, target_q):
    return torch.stack([-logsigmoid(right - one) for one in wrong]).mean()


def softmax(right, wrong, q, target_q):
    return -torch.cat([right[None], wrong]).log_softmax(0)[0]


def classic(right, wrong, q, target_q):
    return softmax(right - target_q, wrong - q, q, target_q)


def corrected(right, wrong, q, target_q):
    return softmax(right, wrong - q - math.log(NUM_NEGATIVES), q, target_q)


def cooler(right, wrong, q, target_q):
    return softmax(right / 0.5, wrong / 0.5 - q - math.log(NUM_NEGATIVES), q, target_q)


LOSSES = [
    pytest.param(BinaryCrossEntropy(), bce, id="bce"),
    pytest.param(GeneralisedBinaryCrossEntropy(), gbce, id="gbce"),
    pytest.param(BayesianPersonalisedRanking(), bpr, id="bpr"),
    pytest.param(SampledSoftmax(), softmax, id="sampled_softmax"),
    pytest.param(SampledSoftmax(correction="classic"), classic, id="classic"),
    pytest.param(SampledSoftmax(correction="corrected"), corrected, id="corrected"),
    pytest.param(SampledSoftmax(correction="corrected", temperature=0.5), cooler, id="cooler"),
]
every = pytest.mark.parametrize(("loss", "formula"), LOSSES)


def slow_loss(formula, hidden, weight, targets, negatives):
    total, count = torch.zeros((), dtype=torch.float64), 0
    for row, column in torch.cartesian_prod(*map(torch.arange, targets.shape)).tolist():
        usable = (~negatives.collides[row, column]).nonzero().flatten().tolist()
        target = targets[row, column].item()
        if target == 0 or not usable:
            continue
        shared = negatives.items.dim() == 1
        items = (negatives.items if shared else negatives.items[row, column])[usable]
        q = negatives.log_probability if shared else negatives.log_probability[row, column]
        state = hidden[row, column]
        target_q = negatives.target_log_probability[row, column].double()
        wrong = weight[items] @ state
        total = total + formula(weight[target] @ state, wrong, q[usable].double(), target_q)
        count += 1
    return total, count


@pytest.fixture
def table():
    torch.manual_seed(0)
    return ItemTable(NUM_ITEMS, SIZE, torch.nn.init.normal_)


@pytest.fixture
def output(output_with, table):
    def make(shared=False):
        generator = torch.Generator().manual_seed(1)
        shape = (*TARGETS.shape, NUM_NEGATIVES)
        hidden = torch.randn(*TARGETS.shape, SIZE, generator=generator).requires_grad_()
        items_shape = shape[-1:] if shared else shape
        items = torch.randint(1, NUM_ITEMS + 1, items_shape, generator=generator)
        collides = torch.rand(shape, generator=generator) < 0.4
        q = -torch.rand(items_shape, generator=generator) * 3
        # As samplers do: minus infinity for PAD.
        target_q = torch.where(
            TARGETS > 0, -torch.rand(TARGETS.shape, generator=generator), -math.inf
        )
        return output_with(hidden, TARGETS, table, items, collides, q, target_q)

    return make


@every
@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_sum_count_and_gradients_equal_a_loop(output, table, loss, formula, shared):
    output = output(shared)
    term = loss(output)
    found = torch.autograd.grad(term.total, [output.hidden, table.weight])
    hidden, weight = (
        tensor.detach().double().requires_grad_() for tensor in (output.hidden, table.weight)
    )
    total, count = slow_loss(formula, hidden, weight, TARGETS, output.negatives)
    assert term.total.item() == pytest.approx(total.item(), rel=1e-5)
    assert term.count.item() == count > 3
    expected = torch.autograd.grad(total, [hidden, weight])
    for one, other in zip(found, expected, strict=True):
        assert_close(one.double(), other, rtol=1e-4, atol=1e-5)


@every
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_scores_far_from_zero_stay_finite(output, table, loss, formula, scale):
    output = output()
    hidden = (output.hidden.detach() * scale).requires_grad_()
    term = loss(output._replace(hidden=hidden))
    term.total.backward()
    assert term.total.isfinite()
    assert term.total > 0
    assert hidden.grad.isfinite().all()
    assert table.weight.grad.isfinite().all()


@every
def test_what_collides_and_what_has_no_target_changes_nothing(output, table, loss, formula):
    output = output()
    negatives = output.negatives
    other = torch.where(negatives.collides, 9, negatives.items)
    hidden = torch.where((TARGETS > 0)[..., None], output.hidden.detach(), 7.0).requires_grad_()
    changed = output._replace(hidden=hidden, negatives=negatives._replace(items=other))
    assert loss(changed).total.item() == pytest.approx(loss(output).total.item(), rel=1e-6)
    loss(changed).total.backward()
    assert not hidden.grad[TARGETS == 0].any()


@every
def test_a_part_in_which_nothing_counts_gives_zero_over_zero(output_with, table, loss, formula):
    for targets, collide in (([[0, 0]], False), ([[3, 4]], True)):
        hidden = torch.randn(1, 2, SIZE, requires_grad=True)
        output = output_with(
            hidden,
            torch.tensor(targets),
            table,
            torch.ones(1, 2, 1, dtype=torch.int64),
            torch.full((1, 2, 1), collide),
            target=torch.full((1, 2), -torch.inf if targets == [[0, 0]] else -1.0),
        )
        term = loss(output)
        term.total.backward()
        assert (term.total.item(), term.count.item()) == (0.0, 0)
        assert not hidden.grad.any()


@every
def test_it_compiles_as_one_graph(output, loss, formula):
    torch.compiler.reset()
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    output = output()
    assert compiled(output).total.item() == pytest.approx(loss(output).total.item(), rel=1e-6)
