"""Which file is meant by the name of a recipe."""

import pytest

from fw.config import sources
from fw.config.reading import read_recipe
from fw.errors import RecipeError


@pytest.fixture
def said_of(registry, tmp_path, monkeypatch):
    """A function that returns what is said of a recipe that cannot be found."""
    monkeypatch.chdir(tmp_path)

    def said_of(source):
        with pytest.raises(RecipeError) as caught:
            read_recipe(source, registry)
        return str(caught.value).replace(str(tmp_path), "HERE")

    return said_of


def test_case_B56_a_missing_recipe_is_told_with_the_path_that_was_tried(said_of, shipped):
    (shipped / "sasrec.toml").write_text("")
    (shipped / "published").mkdir()
    (shipped / "published" / "sasrec_paper.toml").write_text("")
    assert said_of("below/sasrek.toml") == (
        "there is no such recipe: HERE/below/sasrek.toml\n"
        "    did you mean the shipped recipe 'sasrec'?\n"
        "    shipped recipes: published/sasrec_paper, sasrec"
    )


def test_case_B56_a_folder_is_no_recipe(said_of, shipped):
    assert said_of("shipped") == (
        "this is a folder, not a recipe: HERE/shipped\n    shipped recipes: none"
    )


@pytest.mark.parametrize("source", ["", "a\0b", "x" * 5000, "/dev/null/r.toml"])
def test_case_B56_no_name_of_a_file_is_too_odd(said_of, shipped, source):
    assert said_of(source).endswith("    shipped recipes: none")


def test_a_shipped_recipe_may_be_named_with_or_without_its_ending(shipped):
    file = shipped / "sasrec.toml"
    file.write_text("")
    assert sources.find_recipe("sasrec", shipped.parent) == file
    assert sources.find_recipe("sasrec.toml", shipped.parent) == file


def test_a_file_of_the_folder_comes_before_a_shipped_recipe(shipped, tmp_path):
    (shipped / "sasrec.toml").write_text("")
    (tmp_path / "sasrec.toml").write_text("")
    assert sources.find_recipe("sasrec.toml", tmp_path) == tmp_path / "sasrec.toml"
    assert sources.find_recipe("sasrec", tmp_path) == shipped / "sasrec.toml"


def test_the_shipped_recipes_are_found():
    assert {"sasrec", "cl_crop_mean", "published/sasrec_paper"} <= set(sources.shipped_recipes())
