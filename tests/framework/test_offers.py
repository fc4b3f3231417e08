"""What a plugin offers, and what it does wrong."""

from types import ModuleType

import attrs
import pytest

from fw import hookimpl, hookspecs
from fw.entries import Owned
from fw.errors import PluginError
from fw.kinds import KINDS
from fw.offers import NoHookError, offers_of

OWNER = Owned(plugin="p", distribution="d", version="1.0")


@attrs.frozen(kw_only=True)
class Component:
    """Does nothing."""


def module(**functions):
    made = ModuleType("a_plugin")
    for name, function in functions.items():
        setattr(made, name, function)
    return made


def offering(*components, hook="register_augmenters"):
    def implementation(register):
        for name, component in components:
            register(name, component)

    implementation.__name__ = hook
    return module(**{hook: hookimpl(implementation)})


def refusal(plugin):
    with pytest.raises(PluginError) as caught:
        offers_of(plugin, OWNER)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_is_registered_through_its_hook(kind):
    (entry,) = offers_of(offering(("one", Component), hook=kind.hook), OWNER)
    assert (entry.kind, entry.name, entry.component) == (kind.name, "one", Component)
    assert (entry.plugin, entry.distribution, entry.version) == ("p", "d", "1.0")


def test_every_hook_has_a_kind():
    hooks = {name for name in vars(hookspecs) if name.startswith("register_")}
    assert hooks == {kind.hook for kind in KINDS.values()}


def test_a_plugin_may_offer_several_components_of_several_kinds():
    @hookimpl
    def register_losses(register):
        register("c", Component)

    plugin = offering(("a", Component), ("b", Component))
    plugin.register_losses = register_losses
    offered = [entry.key for entry in offers_of(plugin, OWNER)]
    assert offered == [("augmenter", "a"), ("augmenter", "b"), ("loss", "c")]


def test_case_B52_a_misspelt_hook_is_named_with_the_nearest_known_one():
    @hookimpl
    def register_augmentors(register):
        raise AssertionError

    assert refusal(module(register_augmentors=register_augmentors)) == (
        "unknown hook 'register_augmentors'; did you mean 'register_augmenters'?"
    )


def test_case_B52_a_hook_that_is_like_no_other_is_named_with_all():
    @hookimpl
    def transform(rows):
        raise AssertionError

    assert refusal(module(transform=transform)) == (
        "unknown hook 'transform'; known hooks: register_augmenters, register_datasets, "
        "register_encoders, register_evaluators, register_executors, register_indexes, "
        "register_inputs, register_loaders, register_losses, register_optimizers, "
        "register_poolings, register_samplers, register_schedules, register_splitters, "
        "register_tasks, register_trackers"
    )


def test_case_B52_an_unknown_parameter_is_named_with_the_nearest_known_one():
    @hookimpl
    def register_losses(registre, extra):
        raise AssertionError

    assert refusal(module(register_losses=register_losses)) == (
        "hook 'register_losses' has an unknown parameter 'registre'; did you mean 'register'?\n"
        "hook 'register_losses' has an unknown parameter 'extra'; known parameters: register"
    )


def test_case_B52_a_forgotten_marker_is_told():
    with pytest.raises(NoHookError) as caught:
        offers_of(module(register_losses=lambda register: None), OWNER)
    assert str(caught.value) == (
        "it registers no hook: register_losses is not marked with @fw.hookimpl"
    )


def test_case_B52_a_module_without_hooks_is_told():
    assert refusal(module()).startswith("it registers no hook; known hooks: register_augmenters, ")


def test_a_hook_that_is_optional_may_be_unknown():
    @hookimpl(optionalhook=True)
    def register_dreams(register):
        raise AssertionError

    plugin = offering(("a", Component))
    plugin.register_dreams = register_dreams
    assert [entry.name for entry in offers_of(plugin, OWNER)] == ["a"]


def test_what_a_plugin_raises_is_passed_on():
    @hookimpl
    def register_losses(register):
        raise RuntimeError("no blah")

    with pytest.raises(RuntimeError, match="no blah"):
        offers_of(module(register_losses=register_losses), OWNER)


def test_a_name_is_offered_once_by_a_plugin():
    assert refusal(offering(("a", Component), ("a", Component))) == (
        "it registers augmenter 'a' twice"
    )


@pytest.mark.parametrize("name", ["", "Crop", "my-crop", "2d", "a b", None])
def test_a_name_that_recipes_could_not_use_is_refused(name):
    assert refusal(offering((name, Component))) == (
        f"augmenter {name!r}: a name is lower-case letters, digits and underscores"
    )


@pytest.mark.parametrize("component", [Component(), int, "crop", None])
def test_what_is_no_attrs_class_is_refused(component):
    assert refusal(offering(("crop", component))) == (
        f"augmenter 'crop': {component!r} is not an attrs class"
    )


def test_a_setting_that_would_hide_a_key_of_fw_is_refused():
    @attrs.frozen(kw_only=True)
    class Loss:
        weight: float = 1.0
        name: str = ""
        size: int = 1

    assert refusal(offering(("mine", Loss), hook="register_losses")) == (
        "loss 'mine': settings must not be called name, weight, "
        "which fw itself understands in losses"
    )
