"""The validators of settings: what they let pass, and what they say of the rest."""

import math

import attrs
import pytest

from fw import validators

RANGES = [
    (validators.fraction, [0, 1, 0.5], [-0.1, 1.1], "between 0 and 1"),
    (validators.open_fraction, [0.1, 0.9], [0, 1, 1.0], "greater than 0 and less than 1"),
    (validators.below_one, [0, 0.99], [-1, 1], "at least 0 and less than 1"),
    (validators.positive, [1e-300, math.inf], [0, -1, -math.inf], "greater than 0"),
    (validators.at_least(2), [2, 3.5], [1, 1.9], "at least 2"),
    (validators.at_most(2), [2, -5], [3], "at most 2"),
    (validators.between(-1, 2.5), [-1, 2.5], [-1.1, 3], "between -1 and 2.5"),
]
WORDS = [words for *_, words in RANGES]


def settings_with(validator):
    return attrs.make_class("Settings", {"rate": attrs.field(validator=validator)}, frozen=True)


@pytest.mark.parametrize(("validator", "inside", "outside", "words"), RANGES, ids=WORDS)
def test_a_range_says_itself_and_keeps_what_is_outside_out(validator, inside, outside, words):
    settings = settings_with(validator)
    for value in [*inside, None]:
        assert settings(value).rate == value
    for value in [*outside, math.nan]:
        with pytest.raises(ValueError, match="must be") as caught:
            settings(value)
        assert str(caught.value) == f"rate must be {words}, found {value}"


@pytest.mark.parametrize("value", [True, "1", [1], 1j])
def test_what_is_no_number_is_in_no_range(value):
    with pytest.raises(TypeError) as caught:
        settings_with(validators.fraction)(value)
    assert str(caught.value) == f"rate must be a number, found {value!r}"


def test_a_private_field_is_named_as_a_recipe_names_it():
    settings = attrs.make_class("S", {"_rate": attrs.field(validator=validators.positive)})
    with pytest.raises(ValueError, match=r"^rate must be greater than 0, found 0$"):
        settings(0)
