"""MovieLens-1M, a recipe and a step for it."""

import os
from functools import cache
from pathlib import Path

import torch

from fw.config.reading import read_recipe
from fw.data.places import Places
from fw.discovery import discover
from fw.engine.data import load_data
from fw.engine.prepared import prepare

RECIPE = "published/sasrec_official"


def data_folder():
    """Return the folder of public data sets."""
    return Path(os.environ.get("FW_DATA_DIR", "../shared/data")).absolute()


@cache
def loaded(*overrides):
    """Return the recipe with the overrides, and its data."""
    recipe = read_recipe(RECIPE, discover(), overrides)
    return recipe, load_data(recipe, Places.from_environment(data_folder()), print)


@cache
def prepared(*overrides):
    """Return the recipe, its data and everything built for them."""
    recipe, data = loaded(*overrides)
    return recipe, data, prepare(recipe, data, torch.device("cpu"), print)
