"""The contract of encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from fw.config.chosen import Chosen
from fw.engine.evaluating.evaluation import evaluating
from fw.interfaces import Info, Sequences
from fw.nn.attending import take
from fw.nn.items import ItemTable
from fw.testing import world
from fw.testing.draws import drawing_by_address_only, place
from fw.testing.messages import require
from fw.testing.step import BATCHES, RowwiseContract
from fw.testing.tensors import difference, rows_of


class EncoderContract(RowwiseContract):
    """Hidden states of every position, 0 at padding, of the past alone if ``causal``.

    ``reach`` says of how many of a row's newest items the last state must depend on; all of them if
    it is None.
    """

    kind = "encoder"
    reach: ClassVar[int | None] = None

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[Sequences]:
        """Give the newest training items of the rows."""
        return (world.newest_items(info, rows, width),)

    def test_hidden_states_are_0_at_padding_and_finite(self, built: Any, info: Info) -> None:
        """[B, L, D] float32, for a row without items too."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        hidden = encode(built, given)
        shape = [*given.items.shape, built.hidden_size]
        require(
            list(hidden.shape) == shape and hidden.dtype == torch.float32,
            f"hidden states are {list(hidden.shape)} {hidden.dtype}",
            f"they must be {shape} torch.float32",
        )
        require(hidden.isfinite().all(), "hidden states are not finite")
        require(
            not hidden[~given.is_real()].any(),
            "hidden states are not 0 at padding",
            "multiply by sequences.is_real()[:, :, None]",
        )

    def test_gaps_between_items_are_padding_too(self, built: Any, info: Info) -> None:
        """An augmenter may leave PAD between items, and then sets ``gaps``."""
        hidden = encode(built, _with_a_gap())
        require(hidden.isfinite().all(), "hidden states are not finite where there are gaps")
        require(not hidden[0, 2].any(), "the hidden state of a gap is not 0")

    def test_the_mask_token_is_an_item_of_its_own(self, built: Any, info: Info) -> None:
        """It stands where an augmenter or a task hides an item, and predicts what it hides."""
        given = _distinct()
        given.items[0, 2] = info.mask_item
        hidden = encode(built, given)
        require(hidden.isfinite().all(), "hidden states are not finite where there is a mask token")
        require(
            hidden[0, 2].any(),
            "the hidden state of the mask token is 0",
            f"embed it like an item: it is number {info.mask_item}, N + 1",
        )

    def test_evaluation_drops_nothing_and_depends_on_the_row_alone(
        self, built: Any, info: Info
    ) -> None:
        """Without rng, in evaluation, a row has one representation in any batch."""
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        with drawing_by_address_only():
            whole = {"hidden": encode(built, given)}
        for rows, width in BATCHES:
            (part,) = self.arguments(built, info, rows, width)
            found = difference(rows_of(whole, list(rows)), {"hidden": encode(built, part)})
            require(
                not found,
                f"rows {list(rows)} padded to {width} are encoded differently than among all "
                f"rows: {found}",
                "neither other rows nor the amount of padding may matter",
            )

    def test_the_newest_states_are_those_of_the_whole(self, built: Any, info: Info) -> None:
        """``newest`` is a shorter way to the same, for evaluation."""
        if not hasattr(built, "newest"):
            pytest.skip("has no newest")
        for given in (*self.arguments(built, info, world.ROWS, world.MAX_LEN), _with_a_gap()):
            places = (given.lengths - 1).clamp(min=0)
            with torch.no_grad(), evaluating(built):
                alone = built.newest(given)
            found = difference({"": take(encode(built, given), places).squeeze(1)}, {"": alone})
            require(not found, f"newest() gives others than the newest of all states: {found}")

    def test_parts_together_are_those_alone(self, built: Any, info: Info) -> None:
        """``together`` is a faster way to the same, dropout included."""
        if not hasattr(built, "together"):
            pytest.skip("has no together")
        parts = [self.arguments(built, info, rows, width)[0] for rows, width in BATCHES]
        rngs = [place(part.rows).child(str(number)) for number, part in enumerate(parts)]
        alone = [built(part, rng) for part, rng in zip(parts, rngs, strict=True)]
        for number, hidden in enumerate(built.together(parts, rngs)):
            found = difference({"": alone[number]}, {"": hidden})
            require(
                not found, f"together() gives others for part {number} than a call for it: {found}"
            )

    def test_no_position_sees_a_later_item_if_it_is_causal(self, built: Any, info: Info) -> None:
        """Else it sees what it is to predict."""
        changed = _distinct(change=5)
        moved = (encode(built, changed) - encode(built, _distinct())).abs().amax(-1)[0]
        before = moved[:5].max().item()
        require(
            not built.causal or before <= 1e-6,
            f"another item at position 5 moves states before it, by up to {before:.2g}",
            "hide later positions, or say causal = False",
        )

    def test_every_state_depends_on_the_items_it_is_made_for(self, built: Any, info: Info) -> None:
        """The newest state hangs on the row's items, as many as ``reach`` says."""
        plain, length = encode(built, _distinct()), world.MAX_LEN
        first = 0 if self.reach is None else max(length - self.reach, 0)
        deaf = [
            place
            for place in range(first, length)
            if torch.equal(encode(built, _distinct(change=place))[0, -1], plain[0, -1])
        ]
        require(
            not deaf,
            f"the newest of {length} states is the same whatever stands at positions {deaf}",
            "where an encoder sees fewer items by design, set reach in the test class",
        )

    def test_gradients_reach_every_weight_and_leave_padding_alone(
        self, built: Any, info: Info
    ) -> None:
        """A weight without gradient is never trained; the row of PAD stays 0."""
        if not getattr(built, "trainable", True):
            pytest.skip("has nothing to train")
        (given,) = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        built.items.scores(built(given))[..., 1:-1].square().sum().backward()
        weights = dict(built.named_parameters())
        unreached = [
            name for name, weight in weights.items() if weight.requires_grad and weight.grad is None
        ]
        require(
            not unreached,
            f"no gradient reaches {', '.join(unreached)}",
            "use the weight, or freeze it with requires_grad_(False)",
        )
        wild = [
            name
            for name, weight in weights.items()
            if weight.grad is not None and not weight.grad.isfinite().all()
        ]
        require(not wild, f"gradients are not finite: {', '.join(wild)}")
        require(
            not built.items.weight.grad[0].any(),
            "the row of PAD in the item table has a gradient",
            "make the table of fw.nn.items.ItemTable",
        )

    def test_its_item_table_knows_every_item(self, built: Any, info: Info) -> None:
        """It scores items 1..N, with PAD before and the mask token after them."""
        require(
            isinstance(built.items, ItemTable),
            f"items is {type(built.items).__name__}",
            "it must be a fw.nn.items.ItemTable",
        )
        shape = [*built.items.weight.shape]
        require(
            shape == [info.num_items + 2, built.hidden_size],
            f"the item table is {shape}",
            f"it must be [{info.num_items + 2}, {built.hidden_size}]: N + 2 rows",
        )

    def test_causality_is_known_before_it_is_built(self, chosen: Chosen, built: Any) -> None:
        """A recipe that joins a non-causal encoder to a causal task is refused when it is read."""
        said = getattr(chosen.settings, "causal", True)
        require(
            said is built.causal,
            f"causal is {built.causal}, but the settings say {said}",
            "state it in the settings class too: causal: ClassVar[bool] = False",
        )

    def test_whether_there_is_anything_to_train_is_known_before_it_is_built(
        self, chosen: Chosen, built: Any
    ) -> None:
        """A recipe that would train an encoder without weights is refused when it is read."""
        found = getattr(built, "trainable", True)
        said = getattr(chosen.settings, "trainable", True)
        require(
            said is found,
            f"trainable is {found}, but the settings say {said}",
            "state it in the settings class too: trainable: ClassVar[bool] = False",
        )
        weights = [one for one in built.parameters() if one.requires_grad]
        require(
            found is bool(weights),
            f"trainable is {found}, but {len(weights)} of its weights have gradients",
            "trainable = False goes with module.requires_grad_(False)",
        )


def encode(built: Any, sequences: Sequences) -> Tensor:
    """Encode as an evaluation does."""
    with torch.no_grad(), evaluating(built):
        hidden: Tensor = built(sequences)
        return hidden


def _distinct(change: int | None = None) -> Sequences:
    """Make one row of different items, with another item at one position."""
    items = torch.arange(1, world.MAX_LEN + 1)[None]
    if change is not None:
        items[0, change] = world.NUM_ITEMS
    return Sequences(items, torch.tensor([world.MAX_LEN]), torch.tensor([0]))


def _with_a_gap() -> Sequences:
    """Make one row with PAD at position 2."""
    given = _distinct()
    given.items[0, 2] = 0
    return given._replace(gaps=True)
