"""The contract of losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from fw.config.chosen import Chosen
from fw.engine.steps.positionwise import as_rows
from fw.interfaces import PAD, Info, LossTerm, Negatives, Sequences, StepOutput
from fw.random import Rng
from fw.testing import world
from fw.testing.draws import place
from fw.testing.messages import broken, require
from fw.testing.step import StepContract

KNOWN = {"hidden", "negatives", "views"}
NUM_NEGATIVES = 3
# Long rows and short ones: parts as a step makes them, each at its own width.
PARTS = (((1, 4, 5, 6), world.MAX_LEN), ((0, 2, 3, 7, 8, 9), 4))


class LossContract(StepContract):
    """A sum and a count, of a part of the batch or, if it compares views, of the whole."""

    kind = "loss"

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[StepOutput]:
        """Give what the loss requires, and nothing else."""
        batch = world.next_item_batch(info, rows, width)
        output = StepOutput(batch, world.item_table())
        if "views" in built.requires:
            views = _vectors(batch.history, "view 1"), _vectors(batch.history, "view 2")
            output = output._replace(views=views)
        if "hidden" in built.requires:
            output = output._replace(hidden=world.hidden_states(batch.inputs))
        if "negatives" in built.requires:
            output = output._replace(negatives=_negatives(batch.targets))
        return (output,)

    def call(self, built: Any, arguments: tuple[Any, ...], rng: Rng) -> LossTerm:
        """Call the loss, which draws from ``output.rng`` if it draws at all."""
        term = built(arguments[0]._replace(rng=rng))
        if not isinstance(term, LossTerm):
            broken(f"the loss gives {type(term).__name__}, not fw.LossTerm")
        return term

    def term(
        self,
        built: Any,
        info: Info,
        rows: Sequence[int] = world.ROWS,
        width: int = world.MAX_LEN,
        **changes: Any,
    ) -> LossTerm:
        """Call the loss for some rows, with some of the step's output changed."""
        (output,) = self.arguments(built, info, rows, width)
        return self.call(built, (output._replace(**changes),), place(torch.tensor(rows)))

    def test_it_requires_what_a_step_can_make(self, chosen: Chosen, built: Any) -> None:
        """Known before it is built, so that a recipe without it is refused when it is read."""
        required = getattr(chosen.settings, "requires", None)
        require(
            isinstance(required, frozenset) and required <= KNOWN,
            f"requires of the settings class is {required!r}",
            f"it must be a frozenset of some of {sorted(KNOWN)}",
        )
        require(
            built.requires == required,
            f"requires is {built.requires!r}, but {required!r} in the settings class",
        )

    def test_it_is_a_sum_and_a_count(self, built: Any, info: Info) -> None:
        """Both single numbers and finite; the engine divides one by the other."""
        term = self.term(built, info)
        shapes = [list(part.shape) for part in term]
        require(
            shapes == [[], []],
            f"total and count have shapes {shapes}",
            "both are single numbers: sum over positions and rows",
        )
        require(
            term.total.isfinite() and term.count > 0,
            f"the total is {term.total.item()}, the count {term.count.item()}",
            "both must be finite, and something is counted where there are targets",
        )

    def test_nothing_to_predict_counts_nothing_and_has_finite_gradients(
        self, built: Any, info: Info
    ) -> None:
        """A part of a batch may have no target, and a batch a single row."""
        (output,) = self.arguments(built, info, [7], world.MAX_LEN)
        term = self.call(built, (output,), place(torch.tensor([7])))
        if output.views is None:
            require(
                term.total == 0 and term.count == 0,
                f"without targets the total is {term.total.item()}, the count {term.count.item()}",
                "count the positions whose target is not PAD, and sum their losses",
            )
        require(term.total.isfinite(), "the loss of a single row is not finite")
        for name, gradient in _gradients(term, output).items():
            require(gradient.isfinite().all(), f"the gradient of {name} is not finite")

    def test_parts_of_a_batch_add_up(self, built: Any, info: Info) -> None:
        """A batch is cut into parts of similar length, each padded to its own width."""
        if "views" in built.requires:
            pytest.skip("called once for the whole batch")
        if not getattr(built, "batch_invariant", True):
            pytest.skip("batch_invariant = False: hangs on the rest of the batch")
        whole = self.term(built, info)
        parts = [self.term(built, info, rows, width) for rows, width in PARTS]
        for name in LossTerm._fields:
            total = torch.stack([getattr(part, name) for part in parts]).sum()
            require(
                torch.allclose(total.float(), getattr(whole, name).float(), rtol=1e-4),
                f"the {name} of a batch is {getattr(whole, name).item():.6g}, "
                f"those of its parts add up to {total.item():.6g}",
                "sum over positions, divide by nothing, and count what was summed; a loss that\n"
                "hangs on the rest of the batch says batch_invariant = False",
            )

    def test_positions_as_rows_are_the_same_if_it_is_positionwise(
        self, built: Any, info: Info
    ) -> None:
        """A step then calls it once, with all positions as rows of length one."""
        if not getattr(built, "positionwise", False):
            pytest.skip("positionwise is not said")
        (output,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        term, other = built(output), built(as_rows([output]))
        require(
            torch.allclose(term.total, other.total, rtol=1e-4) and term.count == other.count,
            f"the total is {term.total.item():.6g}, and {other.total.item():.6g} with positions "
            "as rows",
            "say positionwise = True only if each position counts alone",
        )

    def test_the_order_of_rows_does_not_matter(self, built: Any, info: Info) -> None:
        """A loss of views compares all rows with all others, in whichever order."""
        if not getattr(built, "batch_invariant", True):
            pytest.skip("batch_invariant = False: may draw for its first row")
        one, other = (self.term(built, info, rows) for rows in (world.ROWS, world.ROWS[::-1]))
        require(
            torch.allclose(one.total, other.total, rtol=1e-4),
            f"the total is {one.total.item():.6g}, and {other.total.item():.6g} for the same "
            "rows in another order",
        )

    def test_padding_has_no_gradient(self, built: Any, info: Info) -> None:
        """Hidden states at positions without a target are not pulled anywhere."""
        (output,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        term = self.call(built, (output,), place(torch.tensor(world.ROWS)))
        gradients = _gradients(term, output)
        require(
            any(gradient.any() for gradient in gradients.values()),
            "nothing has a gradient",
            "do not detach what is trained",
        )
        if "hidden" in gradients:
            stray = gradients["hidden"][output.batch.targets.items == PAD]
            require(
                not stray.any(),
                "positions whose target is PAD have a gradient",
                "leave them out by torch.where(targets != PAD, loss, 0.0)",
            )

    def test_a_small_step_against_the_gradient_lowers_it(self, built: Any, info: Info) -> None:
        """Else it is maximised, or its gradient is that of something else."""
        (output,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        rng = place(torch.tensor(world.ROWS))
        term = self.call(built, (output,), rng)
        gradients = _gradients(term, output)
        size = sum(gradient.square().sum() for gradient in gradients.values())
        moved = _moved(output, gradients, 1e-3 / torch.as_tensor(size).sqrt().clamp(min=1.0))
        after = self.call(built, (moved,), rng)
        require(
            after.total < term.total,
            f"the total is {term.total.item():.7g}, and {after.total.item():.7g} after a small "
            "step against its gradient",
        )

    def test_negatives_that_collide_do_not_matter(self, built: Any, info: Info) -> None:
        """They are positives of the row."""
        (output,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        if output.negatives is None:
            pytest.skip("requires no negatives")
        drawn = output.negatives
        other = torch.where(drawn.collides, drawn.items % world.NUM_ITEMS + 1, drawn.items)
        term = self.term(built, info)
        changed = self.term(built, info, negatives=drawn._replace(items=other))
        require(
            torch.allclose(term.total, changed.total),
            f"the total is {term.total.item():.6g}, and {changed.total.item():.6g} with other "
            "items where negatives collide",
            "leave them out by torch.where(negatives.collides, 0.0, ...)",
        )

    def test_negatives_may_be_shared_by_the_batch(self, built: Any, info: Info) -> None:
        """Items [K] mean the same as those K at every position."""
        (output,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        if output.negatives is None:
            pytest.skip("requires no negatives")
        whole = output.negatives
        shared = whole._replace(
            items=whole.items[1, 0], log_probability=whole.log_probability[1, 0]
        )
        shape = whole.items.shape
        spread = shared._replace(
            items=shared.items.expand(shape), log_probability=shared.log_probability.expand(shape)
        )
        one, other = (self.term(built, info, negatives=drawn) for drawn in (shared, spread))
        require(
            torch.allclose(one.total, other.total, rtol=1e-4) and one.count == other.count,
            f"with 3 shared negatives the total is {one.total.item():.6g}, and "
            f"{other.total.item():.6g} with the same 3 at every position",
            "negatives.items is [B, L, K], or [K] when shared: fw.scoring.negative_scores "
            "takes both",
        )


def _vectors(sequences: Sequences, name: str) -> Tensor:
    """Make up one pooled vector a row: [B, P]."""
    shape = (len(sequences.rows), world.HIDDEN_SIZE)
    draws = Rng.for_rows(1, 0, sequences.rows).child(name).uniform(shape)
    return (draws * 2 - 1).requires_grad_()


def _negatives(targets: Sequences) -> Negatives:
    """Draw negatives of every position, some of which collide, as the target always does."""
    rng = Rng.for_rows(1, 0, targets.rows).child("negatives")
    shape = (*targets.items.shape, NUM_NEGATIVES)
    items = rng.child("items").integers(shape, world.NUM_ITEMS) + 1
    log_probability = -1 - rng.child("log probability").uniform(shape)
    collides = rng.child("collides").uniform(shape) < 0.2
    collides = collides | (items == targets.items.unsqueeze(-1))
    return Negatives(items, log_probability, collides, log_probability[..., 0] - 0.5)


def _gradients(term: LossTerm, output: StepOutput) -> dict[str, Tensor]:
    """Return the gradients of what the step made, by name; zeros where none reaches."""
    leaves = {"items": output.items.weight, **_made(output)}
    found = torch.autograd.grad(term.total, list(leaves.values()), allow_unused=True)
    return {
        name: torch.zeros_like(leaf) if gradient is None else gradient
        for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
    }


def _made(output: StepOutput) -> dict[str, Tensor]:
    hidden = {} if output.hidden is None else {"hidden": output.hidden}
    first, second = output.views or (None, None)
    views = {"view 1": first, "view 2": second}
    return {**hidden, **{name: view for name, view in views.items() if view is not None}}


def _moved(output: StepOutput, gradients: dict[str, Tensor], step: Tensor) -> StepOutput:
    """Return the output after a step against the gradients."""
    moved = {name: (leaf - step * gradients[name]).detach() for name, leaf in _made(output).items()}
    items = world.item_table()
    items.weight.data -= step * gradients["items"]
    views = (moved["view 1"], moved["view 2"]) if output.views else None
    return output._replace(items=items, hidden=moved.get("hidden"), views=views)
