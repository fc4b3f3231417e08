"""Components that break what holds for every kind."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch
from torch import nn

from fw.testing import AugmenterContract, PoolingContract


@attrs.frozen(kw_only=True)
class Undocumented:
    def __call__(self, sequences, rng):
        return sequences


class TestUndocumented(AugmenterContract):
    component = Undocumented
    expected = {
        "test_it_has_a_docstring": "Undocumented has no docstring\n"
        '    begin it with one line that says what it does: """Drop items at random."""'
    }


@attrs.define(kw_only=True)
class Changeable:
    """Pass."""

    def __call__(self, sequences, rng):
        return sequences


class TestChangeable(AugmenterContract):
    component = Changeable
    expected = {
        "test_its_settings_cannot_be_changed": "Changeable is not frozen\n"
        "    decorate it with @attrs.frozen(kw_only=True)"
    }


@attrs.frozen(kw_only=True, eq=False)
class Incomparable:
    """Pass."""

    def __call__(self, sequences, rng):
        return sequences


class TestIncomparable(AugmenterContract):
    component = Incomparable
    expected = {
        "test_its_settings_survive_a_round_trip_through_a_recipe": "Incomparable() is read back as "
        "Incomparable()\n    compare by value: attrs.frozen without eq=False"
    }


@attrs.frozen(kw_only=True)
class Drifting:
    """Write down another ratio than was read."""

    ratio: float = attrs.field(default=0.5, converter=lambda ratio: ratio / 2)

    def __call__(self, sequences, rng):
        return sequences


class TestDrifting(AugmenterContract):
    component = Drifting
    expected = {
        "test_its_settings_survive_a_round_trip_through_a_recipe": "Drifting(ratio=0.25) is read "
        "back as Drifting(ratio=0.125)\n    compare by value: attrs.frozen without eq=False"
    }


@attrs.frozen(kw_only=True)
class Widthless:
    """Take the first state."""

    def __call__(self, hidden, lengths):
        return hidden[:, 0]


class TestWidthless(PoolingContract):
    component = Widthless
    expected = {
        "test_it_follows_the_protocol_of_its_kind": "Widthless has no width\n"
        "    see fw.interfaces.Pooling",
        "test_a_vector_is_as_wide_as_it_says": "AttributeError: 'Widthless' object has no "
        "attribute 'width'",
    }


class Noise(nn.Module):
    """Weights that another generator drew."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator()
        generator.seed()
        self.weight = nn.Parameter(torch.rand(3, generator=generator))

    def forward(self, sequences, rng):
        return sequences


@attrs.frozen(kw_only=True)
class Unseeded:
    """Pass."""

    def build(self, info):
        return Noise()


class TestUnseeded(AugmenterContract):
    component = Unseeded
    expected = {
        "test_it_is_built_the_same_from_the_same_seed": "two builds from one seed differ in "
        "weight [0]: [...] and [...]\n    draw initial weights from torch's global generator"
    }
