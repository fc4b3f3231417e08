"""The softmax over all items against a loop in float64, its gradients too, and what it holds."""

import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode

from fw import Batch, Sequences, StepOutput
from fw.nn.items import ItemTable
from fw_plugins.losses import cross_entropy
from fw_plugins.losses.cross_entropy import CrossEntropy, softmax_loss

TARGETS = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [9, 0, 9, 0, 0], [0, 0, 0, 0, 0]])


def output_of(hidden, targets, table):
    sequences = Sequences(targets, (targets > 0).sum(1), torch.arange(len(targets)))
    return StepOutput(Batch(sequences, sequences, sequences), table, hidden=hidden)


def table_of(num_items, size, scale=1.0):
    generator = torch.Generator().manual_seed(0)
    return ItemTable(num_items, size, lambda w: w.normal_(generator=generator).mul_(scale))


def hidden_for(targets, size, scale=1.0):
    hidden = torch.randn(*targets.shape, size, generator=torch.Generator().manual_seed(1)) * scale
    return (hidden * (targets > 0)[..., None]).requires_grad_()


def slow_loss(hidden, weight, targets, temperature=1.0, label_smoothing=0.0):
    """Position by position, from the definition."""
    items, total = weight[1:-1], 0.0
    for state, target in zip(hidden.flatten(0, 1), targets.flatten().tolist(), strict=True):
        if target == 0:
            continue
        logs = (items @ state / temperature).log_softmax(0)
        total = total - (1 - label_smoothing) * logs[target - 1] - label_smoothing * logs.mean()
    return total


def compare(hidden, table, targets, rtol=1e-5, **settings):
    """Assert that the loss and both gradients are those of the loop."""
    term = CrossEntropy(**settings)(output_of(hidden, targets, table))
    found = torch.autograd.grad(term.total, [hidden, table.weight])
    exact_hidden, exact_weight = (
        tensor.detach().double().requires_grad_() for tensor in (hidden, table.weight)
    )
    settings.pop("precision", None)
    exact = slow_loss(exact_hidden, exact_weight, targets, **settings)
    expected = torch.autograd.grad(exact, [exact_hidden, exact_weight])
    assert term.total.item() == pytest.approx(exact.item(), rel=rtol)
    assert term.count.item() == (targets > 0).sum()
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert_close(one.double(), other, rtol=rtol, atol=rtol * other.abs().max().item())


@pytest.mark.parametrize("chunk", [1, 16 * 48, 2**21], ids=["least", "few", "whole"])
@pytest.mark.parametrize(("num_items", "size"), [(9, 5), (16, 16), (47, 50)])
def test_loss_and_gradients_equal_a_loop_over_positions(monkeypatch, chunk, num_items, size):
    monkeypatch.setattr(cross_entropy, "_LOGITS_ON_CPU", chunk)
    targets = TARGETS.repeat(3, 1)
    compare(hidden_for(targets, size), table_of(num_items, size), targets)


@pytest.mark.parametrize("settings", [{"temperature": 0.3}, {"label_smoothing": 0.2}])
def test_temperature_and_label_smoothing_are_those_of_the_definition(settings):
    compare(hidden_for(TARGETS, 6), table_of(9, 6), TARGETS, **settings)


def test_both_settings_together():
    settings = {"temperature": 2.0, "label_smoothing": 0.5}
    compare(hidden_for(TARGETS, 6), table_of(9, 6), TARGETS, **settings)


def test_label_smoothing_is_that_of_torch():
    hidden, table = hidden_for(TARGETS, 6), table_of(9, 6)
    term = CrossEntropy(label_smoothing=0.1)(output_of(hidden, TARGETS, table))
    real = TARGETS.flatten() > 0
    logits = hidden.flatten(0, 1)[real] @ table.weight[1:-1].T
    expected = torch.nn.functional.cross_entropy(
        logits, TARGETS.flatten()[real] - 1, reduction="sum", label_smoothing=0.1
    )
    assert term.total.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("chunk", [1, 2**21])
def test_the_gradients_are_those_of_finite_differences(monkeypatch, chunk):
    monkeypatch.setattr(cross_entropy, "_LOGITS_ON_CPU", chunk)
    generator = torch.Generator().manual_seed(2)
    hidden = torch.randn(20, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    table = torch.randn(7, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    target = torch.randint(0, 7, (20,), generator=generator)
    counted = torch.ones(20, dtype=torch.bool)

    def loss(hidden, table):
        return 3 * softmax_loss(hidden, table, target, counted, torch.float64)

    assert gradcheck(loss, (hidden, table))


def test_equal_scores_cost_the_log_of_the_number_of_items_at_each_position():
    term = CrossEntropy()(output_of(torch.zeros(4, 5, 3), TARGETS, table_of(9, 3)))
    assert (term.total / term.count).item() == pytest.approx(math.log(9), rel=1e-6)


def test_two_items_by_hand():
    table = ItemTable(2, 1, torch.nn.init.zeros_)
    table.weight.data[1:3, 0] = torch.tensor([1.0, -1.0])
    hidden = torch.full((1, 1, 1), 0.5, requires_grad=True)
    term = CrossEntropy()(output_of(hidden, torch.tensor([[1]]), table))
    # Scores 0.5 and -0.5: log(1 + exp(-1)), and -2 sigma(-1) is its slope in the hidden state.
    assert term.total.item() == pytest.approx(0.3132617, rel=1e-6)
    term.total.backward()
    assert hidden.grad.item() == pytest.approx(-2 * 0.2689414, rel=1e-6)


def test_case_B33_padding_and_the_mask_token_are_no_items_and_get_no_gradient():
    hidden, table = hidden_for(TARGETS, 6), table_of(9, 6)
    plain = CrossEntropy()(output_of(hidden, TARGETS, table)).total.item()
    table.weight.data[[0, -1]] = 1e3
    term = CrossEntropy(label_smoothing=0.0)(output_of(hidden, TARGETS, table))
    assert term.total.item() == plain
    term.total.backward()
    assert table.weight.grad[[0, -1]].tolist() == torch.zeros(2, 6).tolist()


def test_scores_far_from_zero_are_exact_and_finite():
    hidden, table = hidden_for(TARGETS, 6, scale=1e3), table_of(9, 6, scale=10)
    compare(hidden, table, TARGETS)
    assert CrossEntropy()(output_of(hidden, TARGETS, table)).total.item() > 1e4


def test_what_stands_where_nothing_is_to_be_predicted_changes_nothing():
    table, hidden = table_of(9, 6), hidden_for(TARGETS, 6)
    other = torch.where((TARGETS > 0)[..., None], hidden.detach(), 7.0).requires_grad_()
    terms = [
        CrossEntropy(label_smoothing=0.1)(output_of(h, TARGETS, table)) for h in (hidden, other)
    ]
    assert terms[0].total.item() == pytest.approx(terms[1].total.item(), rel=1e-6)
    gradients = [
        torch.autograd.grad(term.total, [h, table.weight])
        for term, h in zip(terms, (hidden, other), strict=True)
    ]
    assert_close(gradients[0], gradients[1])
    assert not gradients[1][0][TARGETS == 0].any()


def test_a_part_without_targets_gives_zero_over_zero():
    hidden = torch.randn(1, 2, 4, requires_grad=True)
    nothing = torch.zeros(1, 2, dtype=torch.int64)
    term = CrossEntropy()(output_of(hidden, nothing, table_of(9, 4)))
    term.total.backward()
    assert (term.total.item(), term.count.item()) == (0.0, 0)
    assert not hidden.grad.any()


def test_products_in_bfloat16_are_near_and_their_gradients_are_added_up_in_float32():
    targets = torch.randint(1, 100, (40, 50), generator=torch.Generator().manual_seed(3))
    hidden, table = hidden_for(targets, 20, 0.5), table_of(99, 20)
    compare(hidden, table, targets, rtol=2e-2, precision="bfloat16")


def test_autocast_changes_nothing():
    hidden, table = hidden_for(TARGETS, 6), table_of(9, 6)
    plain = CrossEntropy()(output_of(hidden, TARGETS, table)).total.item()
    with torch.autocast("cpu", torch.bfloat16):
        assert CrossEntropy()(output_of(hidden, TARGETS, table)).total.item() == plain


def test_inputs_are_not_written_to():
    hidden, table = hidden_for(TARGETS, 16), table_of(16, 16)
    before = hidden.detach().clone(), table.weight.detach().clone()
    CrossEntropy()(output_of(hidden, TARGETS, table)).total.backward()
    assert torch.equal(before[0], hidden)
    assert torch.equal(before[1], table.weight)


class Largest(TorchDispatchMode):
    """Notes the size of the largest tensor that any operation returns."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.numbers = max(self.numbers, result.numel())
        return result


def test_memory_does_not_grow_with_positions_times_items(monkeypatch):
    monkeypatch.setattr(cross_entropy, "_LOGITS_ON_CPU", 2**14)
    targets = torch.ones(8, 100, dtype=torch.int64)
    hidden, table = hidden_for(targets, 4), table_of(1000, 4)
    with Largest() as largest:
        CrossEntropy()(output_of(hidden, targets, table)).total.backward()
    assert 2**13 < largest.numbers <= 1008 * 16 < targets.numel() * 1000 // 10


# Torch's own compiler makes an instance of the function while it traces it.
@pytest.mark.filterwarnings("ignore:.*Function'> should not be instantiated:DeprecationWarning")
def test_it_compiles_as_one_graph():
    hidden, table = hidden_for(TARGETS, 6), table_of(9, 6)
    loss = CrossEntropy(label_smoothing=0.1)
    torch.compiler.reset()
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    output = output_of(hidden, TARGETS, table)
    plain, captured = loss(output).total, compiled(output).total
    assert captured.item() == pytest.approx(plain.item(), rel=1e-6)
    assert_close(
        torch.autograd.grad(captured, [hidden, table.weight]),
        torch.autograd.grad(plain, [hidden, table.weight]),
    )
