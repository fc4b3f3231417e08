"""What tests of recipes need."""

import os

import pytest

from fw.config import sources
from fw.errors import RecipeError


@pytest.fixture
def complaint(read, tmp_path):
    """A function that returns what is said of a recipe; its folder is left out."""

    def complaint(text, *overrides):
        with pytest.raises(RecipeError) as caught:
            read(text, *overrides)
        return str(caught.value).replace(f"{tmp_path}{os.sep}", "")

    return complaint


@pytest.fixture
def changed(recipe_text):
    """A function that returns the recipe with pieces of its text replaced."""

    def changed(*pairs):
        text = recipe_text
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text

    return changed


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """The folder of shipped recipes, empty."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(sources, "_shipped_folder", lambda: folder)
    return folder
