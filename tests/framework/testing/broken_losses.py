"""Losses that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch
from torch.nn.functional import logsigmoid

from fw import LossTerm
from fw.testing import LossContract

HIDDEN, NEGATIVES = frozenset({"hidden"}), frozenset({"hidden", "negatives"})
VIEWS = frozenset({"views"})
SUM = "test_it_is_a_sum_and_a_count"
NOTHING = "test_nothing_to_predict_counts_nothing_and_has_finite_gradients"
PARTS = "test_parts_of_a_batch_add_up"
PADDING = "test_padding_has_no_gradient"
STEP = "test_a_small_step_against_the_gradient_lowers_it"
COLLIDE = "test_negatives_that_collide_do_not_matter"


def broken(change, needs=HIDDEN):
    """Make a loss of a function from a step's output to a term."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        requires = needs

        def __call__(self, output):
            return change(output)

    return Broken


def scores(output):
    """Score each target: [B, L], and say where there is one."""
    targets = output.batch.targets.items
    return (output.hidden * output.items.rows(targets)).sum(-1), targets > 0


def summed(losses, counted):
    return LossTerm(torch.where(counted, losses, 0.0).sum(), counted.sum())


class TestRight(LossContract):
    component = broken(lambda output: summed(-logsigmoid(scores(output)[0]), scores(output)[1]))
    expected = {}


class TestRequiresMore(LossContract):
    component = broken(lambda output: LossTerm(output.items.weight.sum(), 1), {"targets"})
    expected = {
        "test_it_requires_what_a_step_can_make": "requires of the settings class is {'targets'}\n"
        "    it must be a frozenset of some of ['hidden', 'negatives', 'views']",
        SUM: "AttributeError: 'int' object has no attribute 'shape'",
        NOTHING: "...",
        PARTS: "...",
    }


class TestTensor(LossContract):
    component = broken(lambda output: scores(output)[0].sum())
    expected = dict.fromkeys(
        (
            *(SUM, NOTHING, PARTS, PADDING, STEP),
            "test_the_order_of_rows_does_not_matter",
            "test_it_does_not_write_to_its_input",
            "test_the_same_address_draws_the_same",
            "test_no_two_draws_share_an_address",
            "test_nothing_is_read_by_the_host",
            "test_shapes_follow_from_shapes",
            "test_no_loop_runs_over_rows",
            "test_everything_stays_on_the_device_of_its_input",
        ),
        "the loss gives Tensor, not fw.LossTerm",
    )


def not_summed(output):
    losses, counted = -logsigmoid(scores(output)[0]), scores(output)[1]
    return LossTerm(torch.where(counted, losses, 0.0).sum(1), counted.sum(1))


class TestNotSummed(LossContract):
    component = broken(not_summed)
    expected = {
        SUM: "total and count have shapes [[10], [10]]\n"
        "    both are single numbers: sum over positions and rows",
        PARTS: "...",
        PADDING: "RuntimeError: grad can be implicitly created only for scalar outputs",
        STEP: "RuntimeError: grad can be implicitly created only for scalar outputs",
        "test_the_order_of_rows_does_not_matter": "RuntimeError: ...",
    }


def infinite(output):
    losses, counted = scores(output)
    return summed(losses.abs() * torch.inf, counted)


class TestInfinite(LossContract):
    component = broken(infinite)
    expected = {
        SUM: "the total is inf, the count 32\n"
        "    both must be finite, and something is counted where there are targets",
        NOTHING: "the gradient of items is not finite",
        PADDING: "positions whose target is PAD have a gradient\n    ...",
        STEP: "the total is inf, and ... after a small step against its gradient",
    }


def counts_padding(output):
    losses, _ = scores(output)
    return summed(-logsigmoid(losses), torch.ones_like(losses, dtype=torch.bool))


class TestCountsPadding(LossContract):
    component = broken(counts_padding)
    expected = {
        NOTHING: "without targets the total is 5.54..., the count 8\n"
        "    count the positions whose target is not PAD, and sum their losses",
        PARTS: "the total of a batch is ..., those of its parts add up to ...\n"
        "    sum over positions, divide by nothing, and count what was summed; a loss that\n"
        "    hangs on the rest of the batch says batch_invariant = False",
    }


def divides(output):
    losses, counted = -logsigmoid(scores(output)[0]), scores(output)[1]
    number = counted.sum().clamp(min=1)
    return LossTerm(torch.where(counted, losses, 0.0).sum() / number, number * 0 + 1)


class TestDivides(LossContract):
    component = broken(divides)
    expected = {
        NOTHING: "without targets the total is 0.0, the count 1\n"
        "    count the positions whose target is not PAD, and sum their losses",
        PARTS: "the total of a batch is ..., those of its parts add up to ...",
    }


def steep_at_nothing(output):
    term = summed(-logsigmoid(scores(output)[0]), scores(output)[1])
    return term._replace(total=term.total + output.hidden.square().sum().sqrt() * 0)


class TestSteepAtNothing(LossContract):
    """The value is finite; its gradient is not."""

    component = broken(steep_at_nothing)
    expected = {NOTHING: "the gradient of hidden is not finite"}


def single_view(output):
    view = output.views[0]
    spread = (view - view.mean(0)).square().sum() / (len(view) - 1)
    return LossTerm(spread, torch.ones_like(spread))


class TestSingleView(LossContract):
    component = broken(lambda output: single_view(output), VIEWS)
    expected = {NOTHING: "the loss of a single row is not finite"}


def by_place(output):
    first, second = output.views
    weight = torch.arange(len(first), device=first.device)
    return LossTerm(((first - second).square().sum(1) * weight).sum(), weight.sum() + 1)


class TestByPlace(LossContract):
    component = broken(by_place, VIEWS)
    expected = {
        "test_the_order_of_rows_does_not_matter": "the total is ..., and ... for the same rows in "
        "another order"
    }


class TestDetached(LossContract):
    component = broken(
        lambda output: summed(
            -logsigmoid(scores(output)[0].detach()) + output.hidden.sum() * 0, scores(output)[1]
        )
    )
    expected = {
        PADDING: "nothing has a gradient\n    do not detach what is trained",
        STEP: "the total is ..., and ... after a small step against its gradient",
    }


def pulls_padding(output):
    losses, counted = scores(output)
    total = torch.where(counted, -logsigmoid(losses), 0.0).sum()
    return LossTerm(total + output.hidden.mean(-1).square().sum(), counted.sum())


class TestPullsPadding(LossContract):
    """Hidden states are 0 at padding, so what is squared there has no gradient, but this has."""

    component = broken(
        lambda output: pulls_padding(output._replace(hidden=output.hidden - 0.1 * ONE))
    )
    expected = {
        NOTHING: "without targets the total is ..., the count 0\n"
        "    count the positions whose target is not PAD, and sum their losses",
        PADDING: "positions whose target is PAD have a gradient\n"
        "    leave them out by torch.where(targets != PAD, loss, 0.0)",
        PARTS: "the total of a batch is ..., those of its parts add up to ...",
    }


ONE = torch.ones(())


class TestMaximised(LossContract):
    component = broken(lambda output: summed(*flipped(output)))
    expected = {STEP: "the total is ..., and ... after a small step against its gradient"}


class Flip(torch.autograd.Function):
    """A gradient of the wrong sign."""

    @staticmethod
    def forward(context, values):
        return values.clone()

    @staticmethod
    def backward(context, gradient):
        return -gradient


def flipped(output):
    losses, counted = scores(output)
    return Flip.apply(-logsigmoid(losses)), counted


def takes_all(output):
    positive, counted = scores(output)
    negative = output.items.rows(output.negatives.items)
    against = (output.hidden.unsqueeze(-2) * negative).sum(-1)
    return summed(-logsigmoid(positive) - logsigmoid(-against).sum(-1), counted)


class TestTakesAll(LossContract):
    component = broken(takes_all, NEGATIVES)
    expected = {
        COLLIDE: "the total is ..., and ... with other items where negatives collide\n"
        "    leave them out by torch.where(negatives.collides, 0.0, ...)"
    }


def first_row_only(output):
    positive, counted = scores(output)
    rows = output.items.rows(output.negatives.items)
    if rows.dim() == 2:
        rows = rows[:1]
    against = (output.hidden.unsqueeze(-2) * rows).sum(-1)
    against = torch.where(output.negatives.collides, 0.0, -logsigmoid(-against))
    return summed(-logsigmoid(positive) + against.sum(-1), counted)


class TestFirstRowOnly(LossContract):
    component = broken(first_row_only, NEGATIVES)
    expected = {
        "test_negatives_may_be_shared_by_the_batch": "with 3 shared negatives the total is ..., "
        "and ... with the same 3 at every position\n    negatives.items is [B, L, K], or [K] when "
        "shared: fw.scoring.negative_scores takes both"
    }


def by_length(output):
    found, counted = scores(output)
    return summed(-logsigmoid(found) / counted.sum(1, keepdim=True).clamp(min=1), counted)


class TestComparesPositions(LossContract):
    """It weighs a row by its length, which a position alone does not know."""

    component = broken(by_length)
    component.positionwise = True
    expected = {
        "test_positions_as_rows_are_the_same_if_it_is_positionwise": "the total is ..., and ... "
        "with positions as rows\n    say positionwise = True only if each position counts alone",
    }
