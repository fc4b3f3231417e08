"""Input from strangers: recipes that would like to run code, archives that would like to escape."""

import sys
import tomllib
import zipfile
from contextlib import suppress

import pytest
import tomli_w

from fw.config.reading import read_recipe
from fw.data.files import read_file
from fw.data.places import Places
from fw.discovery import discover
from fw.errors import DataError, RecipeError
from fw_plugins.datasets.interactions import InteractionFile
from fw_plugins.datasets.movielens import MovieLens
from fw_plugins.datasets.sequences import SequenceFile
from tiny_runs import RECIPE, write_recipe

# A recipe -------------------------------------------------------------------------------------

WORDS = ["evil", "evil:run", "__import__('evil')"]


@pytest.fixture(scope="module")
def registry():
    return discover()


@pytest.fixture
def evil(tmp_path, monkeypatch):
    """A module that could be imported, and says when it is."""
    (tmp_path / "evil.py").write_text("raise SystemExit('it ran')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def places_of(node, path=()):
    """Yield the way to every value of a document that is no table."""
    pairs = enumerate(node) if isinstance(node, list) else node.items()
    for key, value in pairs:
        if isinstance(value, dict | list):
            yield from places_of(value, (*path, key))
        else:
            yield *path, key


def with_value(path, value):
    document = tomllib.loads(RECIPE)
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return tomli_w.dumps(document)


@pytest.mark.parametrize("word", WORDS)
def test_a_strangers_recipe_runs_no_code_whatever_stands_in_it(evil, registry, word):
    places = [*places_of(tomllib.loads(RECIPE)), ("extends",), ("plugins",), ("evil",)]
    assert len(places) > 12
    for path in places:
        recipe = write_recipe(evil, with_value(path, word))
        with suppress(RecipeError):
            read_recipe(recipe, registry)
        assert "evil" not in sys.modules


def test_a_recipe_names_only_components_that_are_registered(evil, registry):
    recipe = write_recipe(evil, with_value(("encoder", "name"), "evil.Encoder"))
    with pytest.raises(RecipeError) as caught:
        read_recipe(recipe, registry)
    assert "evil.Encoder" in str(caught.value)


# An archive -----------------------------------------------------------------------------------


def write_hostile_zip(path, name, content, *, link=False):
    entry = zipfile.ZipInfo(name)
    if link:
        entry.create_system = 3  # Unix, where the upper half of the attributes is the mode
        entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, content)
    return path


def everything_below(folder):
    return sorted(folder.rglob("*"))


def test_a_link_in_an_archive_is_not_followed_and_nothing_is_unpacked(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret").write_text("1::2::5::3\n")
    write_hostile_zip(tmp_path / "data" / "ml-1m.zip", "ml-1m/ratings.dat", "../secret", link=True)
    before = everything_below(tmp_path)
    # Where the link leads is read as a line of data, which it is not.
    with pytest.raises(DataError, match="line 1: only 1 column"):
        MovieLens().load(Places(data=tmp_path / "data", cache=tmp_path / "cache"))
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize("name", ["../../escaped", "/etc/escaped", "C:\\escaped"])
def test_a_path_in_an_archive_leads_nowhere(tmp_path, name):
    (tmp_path / "a" / "b").mkdir(parents=True)
    path = write_hostile_zip(tmp_path / "a" / "b" / "log.zip", name, "user,item\nu,i\n")
    before = everything_below(tmp_path)
    found = InteractionFile(path=path).load(Places(cache=tmp_path / "cache"))
    assert found.frame["item"].tolist() == ["i"]
    assert everything_below(tmp_path) == before


# Lines ----------------------------------------------------------------------------------------

LONG = 10_000_000  # bytes


def test_an_id_of_ten_megabytes_is_an_id(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(f"user,item\nu,{'x' * LONG}\nu,y\n")
    frame = InteractionFile(path=path).load(Places()).frame
    assert [len(item) for item in frame["item"]] == [LONG, 1]
    assert [len(item) for item in read_file(path).frame["item"]] == [LONG, 1]


def test_a_user_may_have_ten_megabytes_of_items(tmp_path):
    path, number = tmp_path / "log.txt", LONG // 4
    path.write_text("u" + " abc" * number + "\n")
    frame = SequenceFile(path=path).load(Places()).frame
    assert len(frame) == number
    assert frame["item"].cat.categories.tolist() == ["abc"]


@pytest.mark.parametrize("text", ["u,{}", '"u,{}'], ids=["long", "open"])
def test_a_line_that_is_longer_than_the_parser_takes_is_refused_in_words(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_text("user,item\nu,i\n" + text.format("x" * 4 * LONG) + "\nu,i\n")
    with pytest.raises(DataError) as caught:
        InteractionFile(path=path).load(Places())
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500
