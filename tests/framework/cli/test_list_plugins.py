"""``fw list-plugins``: what is there, and from whom."""

import json
import sys

import pytest

from fw.kinds import KINDS

HEADINGS = ["kind", "name", "plugin", "distribution", "description"]
WILD = """
import attrs
from fw import hookimpl

@attrs.frozen(kw_only=True)
class Wild:
    '''[bold]Wild[/bold], as it is written.

    More.
    '''

@hookimpl
def register_augmenters(register):
    register("wild", Wild)
"""
pytestmark = pytest.mark.usefixtures("only_fakes")


def test_one_kind_as_a_table(command, table_rows):
    assert table_rows(command("list-plugins", "--kind", "augmenter").stdout) == [
        HEADINGS,
        ["augmenter", "crop", "fakes", "fw-seqrec 1.0", "Keep a piece."],
        ["augmenter", "mask", "fakes", "fw-seqrec 1.0", "Hide some items."],
    ]


def test_all_kinds_in_the_order_of_a_recipe(command, table_rows):
    headings, *rows = table_rows(command("list-plugins").stdout)
    assert headings == HEADINGS
    assert list(dict.fromkeys(row[0] for row in rows)) == list(KINDS)


def test_as_json(command, install):
    install("fw-wild", "2.5", {"fw_wild": WILD}, {"augmenter-wild": "fw_wild"})
    found = json.loads(command("list-plugins", "--json", "--kind", "augmenter").stdout)
    assert list(found) == ["components", "failed"]
    assert found["failed"] == []
    assert [one["name"] for one in found["components"]] == ["crop", "mask", "wild"]
    assert found["components"][2] == {
        "kind": "augmenter",
        "name": "wild",
        "plugin": "augmenter-wild",
        "distribution": "fw-wild",
        "version": "2.5",
        "summary": "[bold]Wild[/bold], as it is written.",
    }


def test_what_plugins_write_is_shown_as_it_is(command, install, table_rows):
    install("fw-wild", "2.5", {"fw_wild": WILD}, {"augmenter-wild": "fw_wild"})
    assert table_rows(command("list-plugins", "--kind", "augmenter").stdout)[-1] == [
        "augmenter",
        "wild",
        "augmenter-wild",
        "fw-wild 2.5",
        "[bold]Wild[/bold], as it is written.",
    ]


def test_a_module_of_the_current_folder_is_listed(command, tmp_path, monkeypatch, table_rows):
    (tmp_path / "wild_beside_me.py").write_text(WILD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = command("list-plugins", "-p", "wild_beside_me", "--kind", "augmenter")
    assert table_rows(result.stdout)[-1][:4] == [
        "augmenter",
        "wild",
        "wild_beside_me",
        "given with -p",
    ]


B51 = {
    "raise ImportError('no blah')": "ImportError: no blah",
    "raise RuntimeError('no blah')": "RuntimeError: no blah",
    "raise SystemExit(0)": "SystemExit: 0",
}


@pytest.mark.parametrize(("text", "why"), B51.items())
def test_case_B51_a_plugin_that_fails_is_listed_with_its_cause(
    command, install, table_rows, text, why
):
    install("fw-broken", "0.3", {"fw_broken": text}, {"augmenter-broken": "fw_broken"})
    result = command("list-plugins")
    assert result.stderr == ""
    assert table_rows(result.stdout)[-2:] == [
        ["not loaded", "distribution", "why"],
        ["augmenter-broken", "fw-broken 0.3", why],
    ]
    found = json.loads(command("list-plugins", "--json", "--kind", "loss").stdout)
    assert [one["name"] for one in found["components"]] == ["bce", "contrast"]
    assert found["failed"] == [
        {
            "plugin": "augmenter-broken",
            "distribution": "fw-broken",
            "version": "0.3",
            "message": why,
        }
    ]


def test_a_module_that_does_not_exist_is_listed_as_failed(command, table_rows):
    assert table_rows(command("list-plugins", "-p", "no_such_module").stdout)[-1] == [
        "no_such_module",
        "given with -p",
        "ModuleNotFoundError: No module named 'no_such_module'",
    ]


def test_case_B50_two_plugins_of_one_name_are_both_listed_as_failed(command, install, table_rows):
    for name, version in (("pa", "1.0"), ("pb", "2.0")):
        install(name, version, {name: WILD}, {f"augmenter-{name}": name})
    assert table_rows(command("list-plugins").stdout)[-2:] == [
        [
            "augmenter-pa",
            "pa 1.0",
            "it offers augmenter 'wild', as does augmenter-pb (pb 2.0)",
        ],
        [
            "augmenter-pb",
            "pb 2.0",
            "it offers augmenter 'wild', as does augmenter-pa (pa 1.0)",
        ],
    ]


def test_an_unknown_kind_is_a_usage_error_that_names_the_kinds(command):
    said = command("list-plugins", "--kind", "augmenters", code=2).stderr
    assert all(f"'{kind}'" in said for kind in KINDS)
