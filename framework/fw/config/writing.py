"""Writing recipes."""

from __future__ import annotations

import tomli_w

from fw.config.recipe import Recipe


def recipe_text(recipe: Recipe) -> str:
    """Return the recipe as TOML with every default filled in; it can be run as it is."""
    return tomli_w.dumps(recipe.resolved)
