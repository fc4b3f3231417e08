"""The registry: who owns what, and why something is not there."""

import attrs
import pytest

from fw.entries import Entry, Failure
from fw.errors import PluginError, UserError
from fw.registry import Registry


@attrs.frozen
class Component:
    """One line about it.

    More lines.
    """


def entry(kind, name, plugin, distribution="", version=""):
    return Entry(
        kind=kind,
        name=name,
        component=Component,
        plugin=plugin,
        distribution=distribution,
        version=version,
    )


def test_an_entry_has_an_owner_and_a_summary():
    found = entry("augmenter", "crop", "augmenter-crop", "fw-seqrec", "0.1.0")
    assert found.owner == "augmenter-crop (fw-seqrec 0.1.0)"
    assert found.summary == "One line about it."
    assert found.bundled


def test_a_module_given_by_name_has_no_distribution():
    found = entry("augmenter", "crop", "my_plugins.crop")
    assert found.owner == "my_plugins.crop (given with -p)"
    assert not found.bundled


def test_a_component_without_docstring_has_no_summary():
    class Bare:
        pass

    assert Entry(kind="loss", name="bare", component=Bare, plugin="p").summary == ""


def test_entries_are_listed_by_kind_and_name():
    loss, mask = entry("loss", "a", "p"), entry("augmenter", "mask", "p")
    crop = entry("augmenter", "crop", "p")
    registry = Registry.of([(loss, mask), (crop,)])
    assert registry.entries() == [crop, mask, loss]
    assert registry.entries("loss") == [loss]
    assert registry.names("augmenter") == ["crop", "mask"]
    assert registry.get("augmenter", "mask") is mask


def test_case_B49_an_unknown_name_is_explained():
    failure = Failure(plugin="x", distribution="px", version="2.0", cause=ImportError("no blah"))
    registry = Registry.of(
        [(entry("augmenter", "crop", "p"), entry("loss", "bce", "p"))], [failure]
    )
    with pytest.raises(UserError) as caught:
        registry.get("augmenter", "corp")
    assert str(caught.value) == (
        "unknown augmenter 'corp'\n"
        "    did you mean 'crop'?\n"
        "    known components of kind augmenter: crop\n"
        "    searched: entry points of the group 'fw', and modules given with -p\n"
        "    plugin x (px 2.0) was not loaded: ImportError: no blah"
    )
    assert caught.value.exit_code == 2


def test_an_unknown_kind_is_explained():
    with pytest.raises(UserError) as caught:
        Registry.of([]).get("augmentor", "crop")
    assert str(caught.value) == (
        "unknown kind 'augmentor'\n"
        "    did you mean 'augmenter'?\n"
        "    known kinds: augmenter, dataset, encoder, evaluator, executor, index, input, loader, "
        "loss, optimizer, pooling, sampler, schedule, splitter, task, tracker"
    )


def test_case_B50_a_name_that_two_plugins_offer_is_neither_of_theirs():
    pa = (entry("augmenter", "shuffle2", "augmenter-shuffle2", "pa", "1.0"),)
    pb = (entry("augmenter", "shuffle2", "augmenter-shuffle2", "pb", "2.0"),)
    pc = (entry("augmenter", "other", "augmenter-other", "pc", "3.0"),)
    for order in ([pa, pb, pc], [pb, pc, pa], [pc, pb, pa]):
        registry = Registry.of(order)
        assert registry.names("augmenter") == ["other"]
        with pytest.raises(UserError) as caught:
            registry.get("augmenter", "shuffle2")
        assert str(caught.value) == (
            "augmenter 'shuffle2' is offered by augmenter-shuffle2 (pa 1.0) and "
            "augmenter-shuffle2 (pb 2.0)\n"
            "    none of them is used: uninstall all but one"
        )
        failed = {failure.distribution: failure.message for failure in registry.failed}
        assert failed == {
            "pa": "it offers augmenter 'shuffle2', as does augmenter-shuffle2 (pb 2.0)",
            "pb": "it offers augmenter 'shuffle2', as does augmenter-shuffle2 (pa 1.0)",
        }


def test_case_B50_what_comes_with_fw_is_never_replaced():
    ours = (entry("augmenter", "crop", "augmenter-crop", "fw-seqrec", "0.1.0"),)
    theirs = tuple(entry("augmenter", name, "c", "pa", "1.0") for name in ("crop", "new"))
    for order in ([ours, theirs], [theirs, ours]):
        registry = Registry.of(order)
        assert registry.get("augmenter", "crop") is ours[0]
        # A plugin is taken whole or not at all.
        assert registry.find("augmenter", "new") is None
        (failure,) = registry.failed
        assert str(failure) == (
            "plugin c (pa 1.0) was not loaded: "
            "it offers augmenter 'crop', as does augmenter-crop (fw-seqrec 0.1.0)"
        )


def test_a_failure_in_our_own_words_has_no_exception_type():
    assert Failure(plugin="p", cause=PluginError("it registers no hook")).message == (
        "it registers no hook"
    )
