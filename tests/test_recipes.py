"""The shipped recipes: right, and say what they are; so are rows of sweeps and ends of searches."""

from pathlib import Path

import pytest

from fw.config.reading import read_recipe
from fw.discovery import discover
from fw.sweep.reading import has_sweep, read_sweep
from fw.tune.reading import read_search

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "recipes").rglob("*.toml"))
PUBLISHED = [file for file in FILES if file.parent.name == "published"]
SWEEPS = [file for file in FILES if file.parent.name == "sweeps"]
SEARCHES = [file for file in FILES if file.parent.name == "tunes"]


def name_of(file):
    return file.relative_to(ROOT / "recipes").with_suffix("").as_posix()


@pytest.fixture(scope="module")
def registry():
    return discover()


def test_there_is_something_to_check():
    assert len(FILES) > 10
    assert len(PUBLISHED) > 3
    assert SWEEPS
    assert SEARCHES


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_shipped_recipe_is_right_and_begins_with_what_it_is(file, registry):
    read = read_recipe(file, registry)
    assert read.path == file
    assert read.notes == ()
    assert file.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("file", SWEEPS, ids=name_of)
def test_a_shipped_sweep_is_right_in_every_row_for_real_and_as_a_trial(file, registry):
    assert has_sweep(file)
    for quick in (False, True):
        assert len(read_sweep(file, registry, quick=quick).rows) > 1


@pytest.mark.parametrize("file", SEARCHES, ids=name_of)
def test_a_shipped_search_is_right_at_both_ends_of_every_range_and_as_a_trial(file, registry):
    for quick in (False, True):
        assert len(read_search(file, registry, quick=quick).parameters) > 1


@pytest.mark.parametrize("file", PUBLISHED, ids=name_of)
def test_a_recipe_that_stands_for_a_published_number_never_falls_back(file, registry):
    assert read_recipe(file, registry).one("dataset").slot.fallback is None
