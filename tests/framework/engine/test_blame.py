"""Whose fault an exception is."""

from types import SimpleNamespace

import pytest

from fw.engine.faults.blame import blamed_by_traceback, blamed_on
from fw.entries import Entry
from fw.errors import DataError, PluginError
from fw.outputs import WrongOutput


class Component:
    """Fails when it is called."""

    def __call__(self):
        raise ValueError("shapes differ")


def entry(distribution):
    return Entry(
        kind="loss",
        name="broken",
        component=Component,
        plugin="loss-broken",
        distribution=distribution,
        version="2.1",
    )


def recipe(distribution):
    return SimpleNamespace(
        components={"loss": (SimpleNamespace(entry=entry(distribution), slot=None),)}
    )


def fail_in_step():
    try:
        Component()()
    except ValueError as error:
        error.add_note("epoch 2, step 7")
        raise


def test_a_plugin_that_fails_in_a_step_is_named_with_epoch_and_step():
    with pytest.raises(PluginError) as caught, blamed_by_traceback(recipe("fw-broken"), "in a run"):
        fail_in_step()
    assert str(caught.value) == (
        "loss 'broken' failed in a run (epoch 2, step 7): ValueError: shapes differ\n"
        "    it comes from plugin loss-broken, distribution fw-broken 2.1"
    )
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_fault_of_our_own_keeps_its_traceback():
    with (
        pytest.raises(ValueError, match="shapes differ"),
        blamed_by_traceback(recipe("fw-seqrec"), "in a run"),
    ):
        Component()()


def test_a_fault_in_no_components_module_is_nobody_elses():
    nobody = SimpleNamespace(components={})
    with pytest.raises(ValueError, match="shapes differ"), blamed_by_traceback(nobody, "in a run"):
        Component()()


def test_what_the_user_can_mend_is_not_blamed_on_a_plugin():
    with pytest.raises(DataError), blamed_on(entry("fw-broken"), "while it was loaded"):
        raise DataError("no such file")


def test_a_plugin_that_fails_while_it_is_built_is_named():
    with pytest.raises(PluginError) as caught, blamed_on(entry("x"), "while it was built"):
        raise KeyError("hidden")
    assert str(caught.value).splitlines() == [
        "loss 'broken' failed while it was built: KeyError: 'hidden'",
        "    it comes from plugin loss-broken, distribution x 2.1",
    ]


def test_a_plugin_given_by_its_module_has_no_distribution():
    given = Entry(kind="loss", name="broken", component=Component, plugin="my_loss")
    with pytest.raises(PluginError) as caught, blamed_on(given, "while it was built"):
        raise KeyError("hidden")
    assert str(caught.value).endswith("\n    it comes from plugin my_loss (given with -p)")


def test_a_component_that_returned_something_wrong_is_blamed_wherever_that_was_found():
    with pytest.raises(PluginError) as caught, blamed_by_traceback(recipe("fw-broken"), "in a run"):
        raise WrongOutput("loss", Component(), "totals of shape [8], it should be []")
    assert str(caught.value).startswith(
        "loss 'broken' failed in a run: it returned totals of shape [8], it should be []\n"
    )


def test_the_only_component_of_its_kind_is_blamed_for_what_a_library_made_for_it():
    with pytest.raises(PluginError, match="'broken' failed"), blamed_by_traceback(recipe("x"), ""):
        raise WrongOutput("loss", object(), "nothing")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate")]
)
def test_nobody_is_blamed_where_memory_is_short(error):
    with pytest.raises(type(error)), blamed_on(entry("x"), "while it was built"):
        raise error
