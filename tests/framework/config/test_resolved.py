"""The resolved recipe: itself a recipe, and the same one."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fw.config.reading import read_recipe
from fw.config.sources import shipped_recipes
from fw.config.writing import recipe_text as written
from fw.discovery import discover

MORE = """
[views]
distinct = true
[pooling]
name = "mean"
[[augmenters]]
name = "crop"
[[augmenters]]
name = "mask"
ratio = 1
[[losses]]
name = "contrast"
weight = 0.5
distinct = false
[losses.pooling]
name = "mean"
[[losses.augmenters]]
name = "crop"
ratio = 0
"""


def test_every_default_is_filled_in_and_what_is_not_set_is_left_out(read, recipe_text):
    assert read(recipe_text + MORE).resolved == {
        "seed": 3,
        "max_len": 20,
        "dataset": {
            "name": "made_up",
            "num_users": 10,
            "min_user_count": 0,
            "min_item_count": 0,
            "duplicates": "drop",
        },
        "splitter": {"name": "last_out"},
        "task": {"name": "next_item"},
        "loader": {"name": "resident"},
        "sampler": {"name": "uniform", "num_negatives": 1},
        "encoder": {"name": "small", "hidden_size": 8, "dropout": 0.1},
        "augmenters": [{"name": "crop", "ratio": 0.6}, {"name": "mask", "ratio": 1.0}],
        "pooling": {"name": "mean"},
        "losses": [
            {"name": "bce", "weight": 1.0},
            {
                "name": "contrast",
                "weight": 0.5,
                "augmenters": [{"name": "crop", "ratio": 0.0}],
                "pooling": {"name": "mean"},
                "distinct": False,
                "temperature": 0.2,
            },
        ],
        "optimizer": {
            "name": "adam",
            "learning_rate": 0.01,
            "betas": [0.9, 0.98],
            "decoupled": False,
        },
        "evaluators": [{"name": "ranked", "protocol": "all", "cutoffs": [5, 10]}],
        "views": {"distinct": True},
        "training": {
            "batch_size": 128,
            "epochs": 2,
            "evaluate_every": 5,
            "patience": 10,
            "monitor": "valid/all/hr@10",
            "checkpoint_every": 1,
            "execution": "eager",
            "precision": "float32",
        },
    }


def test_it_reads_back_as_the_same_recipe(read, recipe_text):
    first = read(recipe_text + MORE)
    again = read(written(first))
    assert again.resolved == first.resolved
    assert again.components == first.components
    assert tomllib.loads(written(first)) == first.resolved


def test_a_fallback_is_kept(read, changed):
    text = changed(
        ('name = "made_up"', 'name = "table"\npath = "x"\n[dataset.fallback]\nname = "made_up"')
    )
    fallback = read(written(read(text))).one("dataset").slot.fallback
    assert (fallback.name, fallback.settings.num_users) == ("made_up", 10)


def test_nothing_is_left_of_extends(read, write, recipe_text):
    write(recipe_text, "parent.toml")
    recipe = read('extends = "parent.toml"\nseed = 8\n')
    assert "extends" not in recipe.resolved
    assert recipe.resolved["seed"] == 8


def test_a_path_beside_the_recipe_is_absolute_so_that_the_recipe_can_be_moved(
    read, write, changed, tmp_path, registry
):
    write("", "x.csv")
    recipe = read(changed(('name = "made_up"', 'name = "table"\npath = "x.csv"')))
    moved = read_recipe(write(written(recipe), "elsewhere/r.toml"), registry)
    assert moved.one("dataset").settings.path == tmp_path / "x.csv"


def test_a_path_that_is_not_there_stays_as_it_is(read, changed):
    text = changed(('name = "made_up"', 'name = "table"\npath = "ml/ratings.csv"'))
    assert read(text).resolved["dataset"]["path"] == "ml/ratings.csv"


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "max_len": st.integers(1, 10**6),
        "encoder.dropout": st.floats(0, 1, exclude_max=True),
        "optimizer.learning_rate": st.floats(0, exclude_min=True),
        "optimizer.betas": st.tuples(st.floats(allow_nan=False), st.integers(0, 9)).map(list),
        "optimizer.warmup": st.integers(1, 2**40),
        "evaluators.0.cutoffs": st.lists(st.integers(1, 10**9), max_size=3).map(lambda x: [10, *x]),
    },
)


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(VALUES)
def test_whatever_its_values_it_reads_back_bit_for_bit(read, recipe_text, values):
    first = read(recipe_text, *(f"{key}={value!r}" for key, value in values.items()))
    assert repr(read(written(first)).resolved) == repr(first.resolved)


@pytest.fixture(scope="module")
def installed():
    return discover()


def test_there_are_shipped_recipes_to_check():
    assert len(shipped_recipes()) > 10


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_right_and_reads_back_as_the_same(write, installed, name):
    first = read_recipe(name, installed)
    again = read_recipe(write(written(first)), installed)
    assert repr(again.resolved) == repr(first.resolved)
