"""MovieLens-1M, a recipe and a step for it."""

import os
from functools import cache
from pathlib import Path

from fw.config.reading import read_recipe
from fw.data.places import Places
from fw.discovery import discover
from fw.engine.data import load_data
from fw.engine.prepared import prepare

RECIPE = "published/sasrec_official"


@cache
def prepared(*overrides):
    """Return the recipe, its data and everything built for them."""
    import torch

    folder = Path(os.environ.get("FW_DATA_DIR", "../shared/data"))
    recipe = read_recipe(RECIPE, discover(), overrides)
    data = load_data(recipe, Places.from_environment(folder), print)
    return recipe, data, prepare(recipe, data, torch.device("cpu"), print)
