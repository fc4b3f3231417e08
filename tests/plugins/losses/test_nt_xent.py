"""The contrastive loss against a loop over anchors in float64, and against hand values."""

import math

import attrs
import pytest
import torch

from fw import Batch, Sequences, StepOutput
from fw.nn.items import ItemTable
from fw_plugins.losses.nt_xent import ContrastiveLoss, NTXent, contrast

MODES = ["keep", "mask", "positive"]


@attrs.frozen
class Pooled:
    """The part of ``Info`` that the loss reads."""

    pooled_size: int


def output_of(first, second, newest=None, gather=lambda rows: rows):
    newest = torch.arange(1, len(first) + 1) if newest is None else torch.tensor(newest)
    lengths = (newest > 0).to(torch.int64) * 2
    items = torch.stack([torch.where(newest > 0, 99, 0), newest], dim=1)
    history = Sequences(items, lengths, torch.arange(len(first)))
    table = ItemTable(1, 1, torch.nn.init.zeros_)
    batch = Batch(history, history, history)
    return StepOutput(batch, table, views=(first, second), gather=gather)


def loss_of(first, second, newest=None, **settings):
    loss = NTXent(**settings).build(Pooled(first.shape[1]))
    return loss(output_of(first, second, newest))


def mean_loss(first, second, newest=None, **settings):
    term = loss_of(torch.as_tensor(first), torch.as_tensor(second), newest, **settings)
    return (term.total / term.count).item()


def slow_loss(first, second, newest, similarity, temperature, false_negatives):
    """Definition by definition, in float64: the sum over anchors."""
    vectors = torch.cat([first, second]).double()
    if similarity == "cosine":
        vectors = torch.stack([vector / vector.norm() for vector in vectors])
    rows = list(range(len(first))) * 2
    total = torch.zeros((), dtype=torch.float64)
    for anchor in range(len(vectors)):
        positives, negatives = [], []
        for other in range(len(vectors)):
            logit = vectors[anchor] @ vectors[other] / temperature
            if other == anchor:
                continue
            if rows[other] == rows[anchor]:
                positives.append(logit)
            elif newest[rows[other]] != newest[rows[anchor]] or false_negatives == "keep":
                negatives.append(logit)
            elif false_negatives == "positive":
                positives.append(logit)
        everything = torch.stack(positives + negatives).exp().sum()
        total = total - sum((p.exp() / everything).log() for p in positives) / len(positives)
    return total


@pytest.mark.parametrize("false_negatives", MODES)
@pytest.mark.parametrize(
    ("similarity", "temperature"), [("cosine", 0.2), ("dot", 1.0), ("dot", 3.0)]
)
def test_loss_and_gradient_equal_a_loop_over_anchors(similarity, temperature, false_negatives):
    generator = torch.Generator().manual_seed(0)
    views = [torch.randn(6, 5, generator=generator).requires_grad_() for _ in range(2)]
    newest = [3, 7, 3, 5, 7, 3]
    term = loss_of(
        *views,
        newest,
        similarity=similarity,
        temperature=temperature,
        false_negatives=false_negatives,
    )
    slow = slow_loss(*views, newest, similarity, temperature, false_negatives)
    assert term.count.item() == 12
    assert term.total.item() == pytest.approx(slow.item(), rel=1e-5)
    fast_gradients = torch.autograd.grad(term.total, views)
    for fast, exact in zip(fast_gradients, torch.autograd.grad(slow, views), strict=True):
        assert torch.allclose(fast, exact.to(fast.dtype), rtol=1e-4, atol=1e-5)


AXES = [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("temperature", "expected"), [(1.0, 0.5514447), (0.5, 0.2395448), (0.1, 9.0796e-5)]
)
def test_case_B37_two_users_at_right_angles(temperature, expected):
    assert mean_loss(AXES, AXES, temperature=temperature) == pytest.approx(expected, rel=1e-4)


def test_case_B37_with_negatives_of_the_other_view_alone():
    logits = torch.tensor(AXES * 2) @ torch.tensor(AXES * 2).T
    number = torch.arange(4)
    positive = (number[:, None] - number).abs() == 2
    other_view = (number[:, None] < 2) != (number < 2)
    losses = contrast(logits, positive, other_view & ~positive)
    assert losses.tolist() == pytest.approx([0.3132617] * 4, rel=1e-6)


@pytest.mark.parametrize(("rows", "expected"), [(2, 1.0986), (128, 5.5413), (256, 6.2364)])
def test_case_B37_equal_vectors_are_at_chance(rows, expected):
    same = torch.ones(rows, 3)
    assert mean_loss(same, same) == pytest.approx(expected, abs=5e-5)


def test_case_B37_a_plausible_loss_at_temperature_1_lies_within_its_bounds():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(128, 16, generator=generator) for _ in range(2))
    assert 3.5660 <= mean_loss(first, second, temperature=1.0) <= 7.5379
    # Own views in one direction, all the rest in the opposite one, is as good as it gets.
    assert math.log(1 + 254 * math.exp(-2)) == pytest.approx(3.5660, abs=5e-5)


def test_case_B37_with_cosine_the_length_of_vectors_does_not_matter():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(8, 4, generator=generator) for _ in range(2))
    assert mean_loss(first * 10, second * 10) == pytest.approx(mean_loss(first, second), rel=1e-5)
    dots = [mean_loss(s * first, s * second, similarity="dot") for s in (1, 10)]
    assert dots[0] != pytest.approx(dots[1], rel=1e-2)


TEMPERATURES = [(0.05, 4.1e-9), (0.01, 0.0), (1e-4, 0.0), (1e4, 1.0985456)]


@pytest.mark.parametrize(("temperature", "expected"), TEMPERATURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_case_B38_extreme_temperatures(temperature, expected, dtype):
    views = [torch.tensor(AXES, dtype=dtype, requires_grad=True) for _ in range(2)]
    term = loss_of(*views, temperature=temperature)
    mean = (term.total / term.count).item()
    assert mean == pytest.approx(expected, rel=0.01, abs=1e-40)
    term.total.backward()
    assert all(view.grad.isfinite().all() for view in views)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("temperature", [0.05, 1e-4])
def test_case_B38_under_autocast_similarities_stay_in_float32(dtype, temperature):
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(6, 5, generator=generator) for _ in range(2))
    plain = loss_of(first, second, temperature=temperature).total
    with torch.autocast("cpu", dtype=dtype):
        cast = loss_of(first, second, temperature=temperature).total
    assert cast.dtype == torch.float32
    assert cast.item() == plain.item()


@pytest.mark.parametrize("temperature", [0, 0.0, -1])
def test_case_B38_temperatures_that_make_no_sense_are_refused(temperature):
    with pytest.raises(ValueError, match="temperature") as caught:
        NTXent(temperature=temperature)
    assert str(caught.value) == f"temperature must be greater than 0, found {temperature}"


@pytest.mark.parametrize("false_negatives", MODES)
@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_case_B36_a_batch_of_one_has_a_loss_and_a_gradient_of_exactly_0(
    similarity, false_negatives
):
    views = [torch.tensor([[3.0, 4.0]], requires_grad=True) for _ in range(2)]
    term = loss_of(*views, similarity=similarity, false_negatives=false_negatives)
    term.total.backward()
    assert term.total.item() == 0.0
    assert term.count.item() == 2
    assert all((view.grad == 0).all() for view in views)


def test_case_B36_a_batch_in_which_all_share_a_target_has_no_negatives_left():
    views = [torch.randn(3, 4, requires_grad=True) for _ in range(2)]
    term = loss_of(*views, newest=[5, 5, 5], false_negatives="mask")
    term.total.backward()
    assert term.total.item() == 0.0
    assert all((view.grad == 0).all() for view in views)


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_case_B32_zero_vectors_have_a_finite_loss_and_gradient(similarity):
    views = [torch.zeros(3, 4, requires_grad=True) for _ in range(2)]
    term = loss_of(*views, similarity=similarity)
    term.total.backward()
    assert (term.total / term.count).item() == pytest.approx(math.log(5))
    assert all(view.grad.isfinite().all() for view in views)


def test_long_vectors_do_not_overflow_in_half_precision():
    # A dot product of 90,000 is more than float16 holds.
    views = [torch.full((3, 10), 300.0).to(torch.float16) * torch.eye(3, 10) for _ in range(2)]
    assert mean_loss(*(view.to(torch.float16) for view in views), similarity="dot") == 0.0


def test_rows_without_items_are_not_taken_for_rows_with_the_same_item():
    generator = torch.Generator().manual_seed(0)
    views = [torch.randn(3, 4, generator=generator) for _ in range(2)]
    masked = mean_loss(*views, newest=[0, 0, 4], false_negatives="mask")
    assert masked == pytest.approx(mean_loss(*views))


def test_the_views_of_other_processes_are_anchors_and_negatives_too():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(6, 4, generator=generator) for _ in range(2))
    newest = [1, 2, 1, 3, 2, 4]
    rest = {id(first): first[3:], id(second): second[3:]}

    def gather(rows):
        if rows.dim() == 1:
            return torch.cat([rows, torch.tensor(newest[3:])])
        return torch.cat([rows, rest[id(first)] if rows.equal(first[:3]) else rest[id(second)]])

    loss = NTXent(false_negatives="mask").build(Pooled(4))
    here = loss(output_of(first[:3], second[:3], newest[:3], gather))
    together = loss_of(first, second, newest, false_negatives="mask")
    assert here.count.item() == 12
    assert here.total.item() == pytest.approx(together.total.item(), rel=1e-6)


def test_a_projection_head_is_trained_and_sees_the_pooled_vectors():
    torch.manual_seed(0)
    loss = NTXent(projection=3).build(Pooled(5))
    shapes = [tuple(parameter.shape) for parameter in loss.parameters()]
    assert shapes == [(3, 5), (3,), (3, 3), (3,)]
    views = [torch.randn(4, 5) for _ in range(2)]
    term = loss(output_of(*views))
    term.total.backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in loss.parameters())
    inner, outer = loss.head[0], loss.head[2]
    heads = [
        (view @ inner.weight.T + inner.bias).relu() @ outer.weight.T + outer.bias for view in views
    ]
    assert term.total.item() == pytest.approx(loss_of(*heads).total.item(), rel=1e-5)


def test_without_a_head_there_is_nothing_to_train():
    loss = NTXent().build(Pooled(5))
    assert isinstance(loss, ContrastiveLoss)
    assert not list(loss.parameters())
    assert loss.requires == NTXent.requires == frozenset({"views"})


@pytest.mark.parametrize("false_negatives", MODES)
def test_it_compiles_as_one_graph(false_negatives):
    loss = NTXent(false_negatives=false_negatives, projection=2).build(Pooled(4))
    views = [torch.randn(3, 4) for _ in range(2)]
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    output = output_of(*views, newest=[1, 2, 1])
    assert compiled(output).total.item() == pytest.approx(loss(output).total.item(), rel=1e-6)
