"""What the corrections of sampled softmax are for, and where they come from."""

import math

import pytest
import torch
from torch.testing import assert_close

from fw.errors import UserError
from fw.nn.items import ItemTable
from fw_plugins.losses.sampled_softmax import SampledSoftmax

NUM_ITEMS, SIZE = 12, 4
TARGET = torch.tensor([[5]])


@pytest.fixture
def table():
    torch.manual_seed(0)
    return ItemTable(NUM_ITEMS, SIZE, torch.nn.init.normal_)


@pytest.fixture
def hidden():
    return torch.randn(1, 1, SIZE, generator=torch.Generator().manual_seed(1)).requires_grad_()


def loss_of(output, **settings):
    term = SampledSoftmax(**settings)(output)
    return term.total / term.count


def test_three_equal_scores_cost_the_log_of_three(output_with, table):
    output = output_with(torch.zeros(1, 1, SIZE), TARGET, table, torch.tensor([[[1, 2]]]))
    assert loss_of(output).item() == pytest.approx(math.log(3))


def test_equal_probabilities_cancel_in_the_classic_correction(output_with, table, hidden):
    q = torch.full((1, 1, 3), math.log(0.1))
    items = torch.tensor([[[1, 2, 9]]])
    output = output_with(hidden, TARGET, table, items, None, q, q[..., 0])
    plain, classic = loss_of(output), loss_of(output, correction="classic")
    assert classic.item() == pytest.approx(plain.item(), rel=1e-6)


def test_classic_by_hand(output_with, number_table):
    # Scores 2 and 3; what is drawn half as often as the target weighs twice as much.
    output = output_with(
        torch.ones(1, 1, 1),
        torch.tensor([[2]]),
        number_table,
        torch.tensor([[[3]]]),
        None,
        torch.tensor([[[math.log(0.1)]]]),
        torch.tensor([[math.log(0.2)]]),
    )
    expected = math.log(1 + 2 * math.e)
    assert loss_of(output, correction="classic").item() == pytest.approx(expected, rel=1e-6)


def test_every_other_item_once_gives_the_full_softmax_if_corrected(output_with, table, hidden):
    others = [item for item in range(1, NUM_ITEMS + 1) if item != 5]
    q = torch.full((len(others),), -math.log(len(others)))
    output = output_with(hidden, TARGET, table, torch.tensor(others), None, q)
    logits = table.weight[1:-1] @ hidden[0, 0]
    expected = -logits.log_softmax(0)[4]
    assert loss_of(output, correction="corrected").item() == pytest.approx(expected.item())


def test_the_corrected_sum_over_negatives_is_unbiased(output_with, table, hidden):
    weights = torch.arange(1, NUM_ITEMS + 1, dtype=torch.float32)
    weights[[0, 7]] = 40.0  # far from uniform
    q = (weights / weights.sum()).log()
    number, sets = 8, 4000
    drawn = torch.multinomial(q.exp(), number * sets, True, generator=torch.manual_seed(2))
    items = drawn.view(sets, 1, number) + 1
    output = output_with(
        hidden.detach().expand(sets, 1, SIZE),
        TARGET.expand(sets, 1),
        table,
        items,
        items == 5,
        q[items - 1],
    )
    right = (table.weight[5] @ hidden[0, 0]).item()
    # A set's loss is log(1 + sum over negatives / exp(right)).
    negatives = torch.stack([_loss_of_one(output, row) for row in range(0, sets, 4)])
    sums = negatives.double().expm1() * math.exp(right)
    scores = (table.weight[1:-1] @ hidden[0, 0]).exp()
    others = (scores.sum() - scores[4]).item()
    error = sums.std().item() / math.sqrt(len(sums))
    assert sums.mean().item() == pytest.approx(others, abs=4 * error)
    assert error < others / 20


def _loss_of_one(output, row):
    sequences = output.batch.targets
    part = sequences._replace(
        items=sequences.items[row : row + 1],
        lengths=sequences.lengths[row : row + 1],
        rows=sequences.rows[row : row + 1],
    )
    negatives = output.negatives._replace(
        items=output.negatives.items[row : row + 1],
        log_probability=output.negatives.log_probability[row : row + 1],
        collides=output.negatives.collides[row : row + 1],
    )
    one = output._replace(
        batch=output.batch._replace(targets=part),
        hidden=output.hidden[row : row + 1],
        negatives=negatives,
    )
    return SampledSoftmax(correction="corrected")(one).total.detach()


def test_the_corrected_gradient_is_that_of_the_paper(output_with, table, hidden):
    """There: weight * (-right + log sum exp(wrong - log q)), the weight being held constant.

    The weight is one minus the target's share of exp(right) + mean of exp(wrong - log q).
    """
    items = torch.tensor([[[1, 2, 9, 12, 2]]])
    q = torch.log(torch.tensor([[[0.1, 0.3, 0.05, 0.2, 0.3]]]))
    output = output_with(hidden, TARGET, table, items, None, q)
    found = torch.autograd.grad(loss_of(output, correction="corrected"), [hidden, table.weight])
    right = table.weight[5] @ hidden[0, 0]
    wrong = table.weight[items[0, 0]] @ hidden[0, 0] - q[0, 0]
    share = right.exp() / (right.exp() + wrong.exp().mean())
    paper = (1 - share).detach() * (wrong.logsumexp(0) - right)
    assert_close(found, torch.autograd.grad(paper, [hidden, table.weight]))


def test_a_sampler_that_says_nothing_of_targets_cannot_be_corrected_classically(
    output_with, table, hidden
):
    output = output_with(hidden, TARGET, table, torch.tensor([[[1]]]))
    with pytest.raises(UserError) as raised:
        loss_of(output, correction="classic")
    assert str(raised.value) == (
        'loss sampled_softmax with correction = "classic" needs the log-probability of targets, '
        "which the sampler of this recipe does not report\n"
        '    use correction = "corrected", or another sampler'
    )
