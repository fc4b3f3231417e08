"""Finding plugins: entry points, modules, and everything that may be wrong with them."""

import sys

import pytest

from fw.discovery import discover, discover_or_explain
from fw.errors import PluginError, UserError

PLUGIN = """
import attrs
from fw import hookimpl

@attrs.frozen(kw_only=True)
class Component:
    '''Does nothing.'''

@hookimpl
def register_{plural}(register):
    register("{name}", Component)
"""


def augmenter(name):
    return PLUGIN.format(plural="augmenters", name=name)


@pytest.fixture(autouse=True)
def bundled(install):
    """Hide the real distribution behind one with a single component."""
    modules = {"bundled_crop": augmenter("crop")}
    install("fw-seqrec", "1.0", modules, {"augmenter-crop": "bundled_crop"})


def failures(registry):
    return {failure.plugin: str(failure) for failure in registry.failed}


def test_an_installed_plugin_is_found_with_its_owner(install):
    install("fw-wild", "2.5", {"fw_wild": augmenter("wild")}, {"augmenter-wild": "fw_wild"})
    registry = discover()
    assert registry.names("augmenter") == ["crop", "wild"]
    assert registry.get("augmenter", "wild").owner == "augmenter-wild (fw-wild 2.5)"
    assert registry.failed == []


def test_a_module_is_found_in_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "beside_me.py").write_text(augmenter("beside"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    registry = discover(["beside_me"])
    assert registry.get("augmenter", "beside").owner == "beside_me (given with -p)"


def test_the_current_folder_hides_no_library(tmp_path, monkeypatch):
    (tmp_path / "colorsys.py").write_text("raise RuntimeError('not the library')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (failure,) = discover(["colorsys"]).failed
    assert failure.message.startswith("it registers no hook")


def test_a_module_with_an_entry_point_for_each_of_its_kinds_is_loaded_once(install):
    text = augmenter("mine") + PLUGIN.format(plural="losses", name="mine")
    points = {"augmenter-mine": "fw_mine", "loss-mine": "fw_mine"}
    install("fw-mine", "1.0", {"fw_mine": text}, points)
    registry = discover(["fw_mine"])
    assert registry.failed == []
    assert registry.get("loss", "mine").plugin == "augmenter-mine"


BROKEN = {
    "raise ImportError('no blah')": "ImportError: no blah",
    "raise RuntimeError('two\\nlines')": "RuntimeError: two\nlines",
    "raise SystemExit(0)": "SystemExit: 0",
    "import fw_no_such_library": "ModuleNotFoundError: No module named 'fw_no_such_library'",
    "def": "SyntaxError: invalid syntax (fw_broken.py, line 1)",
}


@pytest.mark.parametrize(("text", "message"), BROKEN.items())
def test_case_B51_a_broken_plugin_is_reported_and_the_others_load(install, text, message):
    install("fw-broken", "0.3", {"fw_broken": text}, {"augmenter-broken": "fw_broken"})
    install("fw-wild", "2.5", {"fw_wild": augmenter("wild")}, {"augmenter-wild": "fw_wild"})
    registry = discover()
    assert registry.names("augmenter") == ["crop", "wild"]
    assert failures(registry) == {
        "augmenter-broken": f"plugin augmenter-broken (fw-broken 0.3) was not loaded: {message}"
    }


def test_case_B51_a_stale_entry_point_is_reported(install):
    install("fw-gone", "1.0", {}, {"augmenter-gone": "fw_gone", "augmenter-part": "json:gone"})
    assert failures(discover()) == {
        "augmenter-gone": "plugin augmenter-gone (fw-gone 1.0) was not loaded: "
        "ModuleNotFoundError: No module named 'fw_gone'",
        "augmenter-part": "plugin augmenter-part (fw-gone 1.0) was not loaded: "
        "AttributeError: module 'json' has no attribute 'gone'",
    }


def test_case_B51_an_interrupt_is_no_failure(install):
    install("fw-slow", "1.0", {"fw_slow": "raise KeyboardInterrupt"}, {"loss-slow": "fw_slow"})
    with pytest.raises(KeyboardInterrupt):
        discover()


def test_a_plugin_that_fails_half_way_is_left_out_whole(install):
    text = augmenter("half") + "    raise ValueError('and no further')\n"
    install("fw-half", "1.0", {"fw_half": text}, {"augmenter-half": "fw_half"})
    registry = discover()
    assert registry.names("augmenter") == ["crop"]
    assert [failure.message for failure in registry.failed] == ["ValueError: and no further"]


def test_case_B50_the_outcome_of_a_clash_does_not_depend_on_the_order(install):
    install("pb", "2.0", {"pb": augmenter("shuffle2")}, {"augmenter-shuffle2": "pb"})
    install("pa", "1.0", {"pa": augmenter("shuffle2")}, {"augmenter-shuffle2": "pa"})
    install("pc", "3.0", {"pc": augmenter("other")}, {"augmenter-other": "pc"})
    install("pd", "4.0", {"pd": augmenter("crop")}, {"augmenter-crop": "pd"})
    registry = discover()
    assert registry.names("augmenter") == ["crop", "other"]
    assert registry.get("augmenter", "crop").distribution == "fw-seqrec"
    assert [failure.distribution for failure in registry.failed] == ["pa", "pb", "pd"]


def test_case_B52_a_plugin_that_registers_no_hook_is_reported(install):
    text = augmenter("mine").replace("@hookimpl", "")
    install("fw-mine", "1.0", {"fw_mine": text}, {"augmenter-mine": "fw_mine"})
    assert failures(discover()) == {
        "augmenter-mine": "plugin augmenter-mine (fw-mine 1.0) was not loaded: it registers no "
        "hook: register_augmenters is not marked with @fw.hookimpl"
    }


def test_what_a_plugin_prints_does_not_reach_stdout(install, capsys):
    install("fw-loud", "1.0", {"fw_loud": "print('hello')"}, {"augmenter-loud": "fw_loud"})
    discover()
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize("backport", [False, True])
def test_a_distribution_without_metadata_does_not_stop_the_others(install, tmp_path, backport):
    """The backport, once some library has imported it, answers in place of the standard library."""
    if backport:
        pytest.importorskip("importlib_metadata")
    install("left-over", "1.0", {"left_over": augmenter("left")}, {"augmenter-left": "left_over"})
    (tmp_path / "site-packages" / "left_over-1.0.dist-info" / "METADATA").write_text("")
    registry = discover()
    assert registry.get("augmenter", "left").distribution == "unknown distribution"


def test_failures_of_installed_plugins_are_warnings(install):
    install("fw-broken", "1.0", {"fw_broken": "1 / 0"}, {"augmenter-broken": "fw_broken"})
    warnings = []
    registry = discover_or_explain([], warnings.append)
    assert registry.names("augmenter") == ["crop"]
    assert warnings == [
        "plugin augmenter-broken (fw-broken 1.0) was not loaded: "
        "ZeroDivisionError: division by zero"
    ]


def test_a_module_that_was_asked_for_and_does_not_exist_is_the_users_mistake():
    with pytest.raises(UserError) as caught:
        discover_or_explain(["no_such_module"], print)
    assert str(caught.value) == (
        "-p no_such_module: No module named 'no_such_module'\n"
        "    -p takes the name of a module, installed or in the current folder"
    )


def test_a_module_that_was_asked_for_and_fails_is_the_plugins_mistake(install):
    install("other", "1.0", {"asked_for": "raise ValueError('no blah')"}, {})
    with pytest.raises(PluginError) as caught:
        discover_or_explain(["asked_for"], print)
    assert str(caught.value) == (
        "plugin asked_for (given with -p) was not loaded: ValueError: no blah"
    )
    assert isinstance(caught.value.__cause__, ValueError)


def test_case_B52_a_module_that_was_asked_for_and_has_no_hook_is_a_warning(install):
    install("other", "1.0", {"no_hooks": "x = 1"}, {})
    warnings = []
    discover_or_explain(["no_hooks"], warnings.append)
    assert [text.partition(";")[0] for text in warnings] == [
        "plugin no_hooks (given with -p) was not loaded: it registers no hook"
    ]
