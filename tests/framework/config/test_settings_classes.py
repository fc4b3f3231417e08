"""What a component's class of settings may do, and what it may not."""

from typing import Any

import attrs
import pytest

import fake_components
from fw import validators
from fw.config.reading import read_recipe
from fw.entries import Entry, Owned
from fw.errors import PluginError, RecipeError, UserError
from fw.offers import offers_of
from fw.registry import Registry


@attrs.frozen(kw_only=True)
class Picky:
    """Settings that must fit together."""

    low: float = attrs.field(default=0.0, validator=validators.fraction)
    high: float = 1.0
    word: str = attrs.field(default="a")

    def __attrs_post_init__(self):
        if self.low > self.high:
            raise ValueError(f"low must not be above high, found {self.low} and {self.high}")
        if self.word == "user":
            raise UserError("the user's mistake")
        if self.word == "bug":
            raise KeyError("bug")

    @word.validator
    def check_word(self, attribute, value):
        if len(value) > self.high * 10:
            raise ValueError("word is longer than ten times high")


@pytest.fixture
def read_picky(write, recipe_text):
    """A function that reads a recipe with one such augmenter."""
    owner = Owned(plugin="augmenter-picky", distribution="fw-picky", version="2.0")
    entry = Entry(
        kind="augmenter", name="picky", component=Picky, plugin=owner.plugin,
        distribution=owner.distribution, version=owner.version,
    )  # fmt: skip
    fakes = offers_of(fake_components, Owned(plugin="fakes"))
    registry = Registry.of([fakes, (entry,)])

    def read_picky(keys):
        text = recipe_text + f'[[augmenters]]\nname = "picky"\n{keys}\n'
        return read_recipe(write(text), registry)

    return read_picky


def said_of(read, keys):
    with pytest.raises(RecipeError) as caught:
        read(keys)
    return str(caught.value).rpartition("r.toml:")[2]


def test_a_mistake_of_several_settings_is_told_with_the_table(read_picky):
    assert said_of(read_picky, "low = 0.5\nhigh = 0.4") == (
        "33: [[augmenters]] (picky) low must not be above high, found 0.5 and 0.4\n"
        "    [[augmenters]]"
    )


def test_a_component_may_raise_a_user_error_over_its_settings(read_picky):
    assert said_of(read_picky, 'word = "user"') == (
        "33: [[augmenters]] (picky) the user's mistake\n    [[augmenters]]"
    )


def test_a_validator_may_look_at_other_settings(read_picky):
    assert said_of(read_picky, 'high = 0.2\nword = "abc"') == (
        '36: [[augmenters]] (picky) word is longer than ten times high\n    word = "abc"'
    )


def test_a_validator_that_looks_at_a_setting_which_could_not_be_read_is_left_out(read_picky):
    assert said_of(read_picky, 'high = "x"\nword = "abc"') == (
        '35: [[augmenters]] (picky) high must be a number, found "x" (string)\n    high = "x"'
    )


def test_any_other_exception_is_the_plugins_mistake(read_picky):
    with pytest.raises(PluginError) as caught:
        read_picky('word = "bug"')
    assert str(caught.value) == (
        "augmenter 'picky' of plugin augmenter-picky (fw-picky 2.0) failed over its settings: "
        "KeyError: 'bug'"
    )
    assert isinstance(caught.value.__cause__, KeyError)


@attrs.frozen(kw_only=True)
class Unusable:
    """Has a setting that no recipe can hold."""

    options: dict[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Unresolved:
    """Has a type that does not exist."""

    options: "NoSuchType" = None  # noqa: F821


@pytest.mark.parametrize(
    ("component", "said"),
    [
        (Unusable, "options: dict is no type that a setting may have"),
        (Unresolved, "name 'NoSuchType' is not defined"),
    ],
)
def test_a_type_that_no_recipe_can_hold_is_the_plugins_mistake(write, recipe_text, component, said):
    entry = Entry(kind="augmenter", name="odd", component=component, plugin="odd")
    registry = Registry.of([offers_of(fake_components, Owned(plugin="fakes")), (entry,)])
    with pytest.raises(PluginError) as caught:
        read_recipe(write(recipe_text + '[[augmenters]]\nname = "odd"\n'), registry)
    assert str(caught.value) == (
        f"augmenter 'odd' of plugin odd (given with -p) has unusable settings: {said}"
    )


def registry_with(kind, component):
    """Return a registry of the fakes and of one more component, called odd."""
    owner = {"plugin": f"{kind}-odd", "distribution": "fw-odd", "version": "1.0"}
    entry = Entry(kind=kind, name="odd", component=component, **owner)
    return Registry.of([offers_of(fake_components, Owned(plugin="fakes")), (entry,)])


@attrs.frozen(kw_only=True)
class FailsToName:
    """An evaluator whose list of metrics fails."""

    protocol: str = "odd"

    def metric_names(self):
        raise KeyError("no blah")


def test_an_evaluator_that_fails_to_name_its_metrics_is_named(write, recipe_text):
    registry = registry_with("evaluator", FailsToName)
    with pytest.raises(PluginError) as caught:
        read_recipe(write(recipe_text + '[[evaluators]]\nname = "odd"\n'), registry)
    assert str(caught.value) == (
        "evaluator 'odd' of plugin evaluator-odd (fw-odd 1.0) failed to name its metrics: "
        "KeyError: 'no blah'"
    )


@attrs.frozen(kw_only=True)
class NoToml:
    """Has a default that no recipe could state."""

    ratio: float = 1j


def test_a_default_that_no_recipe_can_hold_is_the_plugins_mistake(write, recipe_text):
    registry = registry_with("augmenter", NoToml)
    recipe = read_recipe(write(recipe_text + '[[augmenters]]\nname = "odd"\n'), registry)
    with pytest.raises(PluginError) as caught:
        _ = recipe.resolved
    assert str(caught.value) == (
        "augmenter 'odd' of plugin augmenter-odd (fw-odd 1.0): "
        "1j is no value that a recipe can hold"
    )


def test_a_kind_that_a_recipe_does_not_name(read, recipe_text):
    recipe = read(recipe_text)
    assert recipe.optional("pooling") is None
    assert recipe.many("augmenter") == ()
    with pytest.raises(LookupError, match=r"^the recipe names no pooling$"):
        recipe.one("pooling")
