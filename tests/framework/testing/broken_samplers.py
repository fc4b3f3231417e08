"""Samplers that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch

from fw import Info, Negatives
from fw.testing import SamplerContract


def broken(change):
    """Make a sampler of a function from right negatives and the batch to broken ones."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def build(self, info: Info):
            return Sampler(change)

    return Broken


@attrs.frozen
class Sampler:
    """Draws two of 30 items at every position."""

    change: object

    def __call__(self, batch, rng):
        shape = (*batch.targets.items.shape, 2)
        items = rng.integers(shape, 30) + 1
        probability = torch.full(shape, -3.4, device=items.device)
        hit = items == batch.targets.items.unsqueeze(-1)
        return self.change(Negatives(items, probability, hit), batch)


class TestRight(SamplerContract):
    component = broken(lambda drawn, batch: drawn)
    expected = {}


class TestTuple(SamplerContract):
    component = broken(lambda drawn, batch: tuple(drawn))
    expected = {
        test: "the sampler gives tuple, not fw.Negatives"
        for test in vars(SamplerContract)
        if test.startswith("test_")
    } | dict.fromkeys(
        (
            "test_it_does_not_write_to_its_input",
            "test_the_same_address_draws_the_same",
            "test_no_two_draws_share_an_address",
            "test_nothing_is_read_by_the_host",
            "test_shapes_follow_from_shapes",
            "test_no_loop_runs_over_rows",
            "test_everything_stays_on_the_device_of_its_input",
            "test_a_row_gets_the_same_in_any_batch",
        ),
        "the sampler gives tuple, not fw.Negatives",
    )


class TestOneNegative(SamplerContract):
    component = broken(lambda drawn, batch: Negatives(*(part[..., 0] for part in drawn[:3])))
    expected = {
        "test_shapes_and_types": "items are [10, 8] for targets of [10, 8]\n"
        "    they must be [10, 8, K], or [K] if the batch shares them",
        "test_a_target_is_never_its_own_negative": "RuntimeError: ...",
    }


class TestCounts(SamplerContract):
    component = broken(lambda drawn, batch: drawn._replace(collides=drawn.collides.long()))
    expected = {
        "test_shapes_and_types": "collides is [10, 8, 2] torch.int64\n"
        "    it must be [10, 8, 2] torch.bool"
    }


class TestTargetsOfAnotherShape(SamplerContract):
    component = broken(
        lambda drawn, batch: drawn._replace(target_log_probability=drawn.log_probability)
    )
    expected = {
        "test_shapes_and_types": "target_log_probability is [10, 8, 2] torch.float32\n"
        "    it must be [10, 8] torch.float32"
    }


class TestPadding(SamplerContract):
    component = broken(lambda drawn, batch: drawn._replace(items=drawn.items % 10))
    expected = {
        "test_only_items_are_drawn": "draws [0], which are no items\n"
        "    items are numbered 1 .. 30",
        "test_a_target_is_never_its_own_negative": "...",
    }


class TestNoRow(SamplerContract):
    component = broken(
        lambda drawn, batch: drawn._replace(
            items=drawn.items + 99, collides=torch.ones_like(drawn.collides)
        )
    )
    expected = {
        "test_only_items_are_drawn": "items that collide have no row in the item table",
    }


class TestOwnNegative(SamplerContract):
    component = broken(
        lambda drawn, batch: drawn._replace(
            items=batch.targets.items.clamp(min=1).unsqueeze(-1).repeat(1, 1, 2),
            collides=torch.zeros_like(drawn.collides),
        )
    )
    expected = {
        "test_a_target_is_never_its_own_negative": "64 targets are negatives of themselves\n"
        "    collides must be True there"
    }


class TestPositive(SamplerContract):
    component = broken(lambda drawn, batch: drawn._replace(log_probability=-drawn.log_probability))
    expected = {
        "test_log_probabilities_are_those_of_something_that_can_be_drawn": "log-probabilities of "
        "drawn items are [3.4..., 3.4..., 3.4...]\n"
        "    they are logarithms of probabilities: finite and at most 0"
    }


class TestOfTheBatch(SamplerContract):
    """Other positions' targets: another batch, other negatives."""

    component = broken(
        lambda drawn, batch: drawn._replace(
            items=(drawn.items + batch.targets.items.sum()) % 30 + 1
        )
    )
    expected = {
        "test_a_row_gets_the_same_in_any_batch": "rows [4] padded to 8 differ from the same rows "
        "among all 10 padded to 8 in items [0]: ...",
        "test_a_target_is_never_its_own_negative": "...",
    }
