"""The contract of samplers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from fw.interfaces import PAD, Batch, Info, Negatives, StepOutput
from fw.random import Rng
from fw.testing import world
from fw.testing.draws import place
from fw.testing.messages import broken, require
from fw.testing.step import RowwiseContract


class SamplerContract(RowwiseContract):
    """Negatives for every position, drawn by address, or one set that the batch shares ([K])."""

    kind = "sampler"

    def arguments(
        self, built: Any, info: Info, rows: Sequence[int], width: int
    ) -> tuple[StepOutput]:
        """Give a batch in which every position predicts its successor, with hidden states."""
        batch = world.next_item_batch(info, rows, width)
        hidden = world.hidden_states(batch.inputs).detach()
        return (StepOutput(batch, world.item_table(), hidden=hidden),)

    def call(self, built: Any, arguments: tuple[Any, ...], rng: Rng) -> Negatives:
        """Draw, and leave the choice among what was drawn to a sampler that wants it."""
        (output,) = arguments
        drawn = built(output.batch, rng)
        if not isinstance(drawn, Negatives):
            broken(f"the sampler gives {type(drawn).__name__}, not fw.Negatives")
        if not hasattr(built, "select"):
            return drawn
        chosen: Negatives = built.select(output._replace(negatives=drawn))
        return chosen

    def skip_if_shared(self, outcome: Mapping[str, Tensor]) -> None:
        """Skip where the whole batch has one set, which hangs on who is in the batch."""
        if outcome["items"].dim() == 1:
            pytest.skip("the batch shares its negatives")

    def test_shapes_and_types(self, built: Any, info: Info) -> None:
        """Items [B, L, K], or [K] shared; log-probabilities alike; collisions [B, L, K]."""
        batch, negatives = self._drawn(built, info)
        targets = tuple(batch.targets.items.shape)
        shape, number = tuple(negatives.items.shape), negatives.items.shape[-1]
        require(
            shape in ((number,), (*targets, number)),
            f"items are {list(shape)} for targets of {list(targets)}",
            f"they must be [{targets[0]}, {targets[1]}, K], or [K] if the batch shares them",
        )
        _check("items", negatives.items, shape, torch.int64)
        _check("log_probability", negatives.log_probability, shape, torch.float32)
        _check("collides", negatives.collides, (*targets, number), torch.bool)
        if negatives.target_log_probability is not None:
            _check(
                "target_log_probability",
                negatives.target_log_probability,
                targets,
                torch.float32,
            )

    def test_only_items_are_drawn(self, built: Any, info: Info) -> None:
        """Neither PAD nor the mask token, unless it is said to collide."""
        _, negatives = self._drawn(built, info)
        items = negatives.items.expand(negatives.collides.shape)
        usable = items[~negatives.collides]
        wrong = usable[(usable < 1) | (usable > info.num_items)]
        require(
            not len(wrong),
            f"draws {sorted(set(wrong.tolist()))}, which are no items",
            f"items are numbered 1 .. {info.num_items}",
        )
        known = (items >= PAD) & (items <= info.mask_item)
        require(known.all(), "items that collide have no row in the item table")

    def test_a_target_is_never_its_own_negative(self, built: Any, info: Info) -> None:
        """Where the target itself is drawn, it collides."""
        batch, negatives = self._drawn(built, info)
        targets = batch.targets.items.unsqueeze(-1)
        hit = (negatives.items == targets) & (targets != PAD) & ~negatives.collides
        require(
            not hit.any(),
            f"{int(hit.sum())} targets are negatives of themselves",
            "collides must be True there",
        )

    def test_log_probabilities_are_those_of_something_that_can_be_drawn(
        self, built: Any, info: Info
    ) -> None:
        """At most 0, and finite for everything that is used."""
        _, negatives = self._drawn(built, info)
        shape = negatives.collides.shape
        used = negatives.log_probability.expand(shape)[~negatives.collides]
        wrong = used[~(used.isfinite() & (used <= 1e-6))]
        require(
            not len(wrong),
            f"log-probabilities of drawn items are {wrong[:3].tolist()}",
            "they are logarithms of probabilities: finite and at most 0",
        )

    def _drawn(self, built: Any, info: Info) -> tuple[Batch, Negatives]:
        arguments = self.arguments(built, info, world.ROWS, world.MAX_LEN)
        rng = place(torch.tensor(world.ROWS))
        return arguments[0].batch, self.call(built, arguments, rng)


def _check(name: str, value: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    require(
        tuple(value.shape) == shape and value.dtype == dtype,
        f"{name} is {list(value.shape)} {value.dtype}",
        f"it must be {list(shape)} {dtype}",
    )
