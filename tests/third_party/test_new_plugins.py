"""What ``fw new-plugin`` writes, installed with pip: found by fw, and right by its own tests."""

import json

import pytest

from fw.kinds import KINDS
from fw.starting import NewPlugin

PLUGINS = [NewPlugin(kind=kind, name=f"my_own_{kind.name}") for kind in KINDS.values()]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """A folder with a project of every kind."""
    folder = tmp_path_factory.mktemp("projects")
    for plugin in PLUGINS:
        plugin.write(folder / plugin.distribution)
    return folder


@pytest.fixture(scope="module")
def python(installed, projects):
    """The interpreter of an environment in which all of them are installed."""
    return installed(*sorted(projects.iterdir()))


def test_all_of_them_are_listed(python, tmp_path):
    found = json.loads(python("-m", "fw", "list-plugins", "--json", folder=tmp_path))
    listed = {(one["kind"], one["name"], one["distribution"]) for one in found["components"]}
    expected = {(plugin.kind.name, plugin.name, plugin.distribution) for plugin in PLUGINS}
    assert expected <= listed
    assert found["failed"] == []


def test_the_tests_of_all_of_them_pass(python, projects):
    shown = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", folder=projects)
    assert " passed" in shown
    assert "failed" not in shown
