"""A stranger's plugin, really installed with pip: seen, described and run without further ado."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROJECT = HERE / "fw-item-dropout"
RECIPE = HERE.parents[1] / "recipes" / "cl_crop_mean.toml"
TINY = [
    'dataset={name="synthetic", num_users=60, num_items=150, mean_length=12.0}',
    "max_len=10",
    "encoder.hidden_size=8",
    "training.epochs=1",
    "training.evaluate_every=1",
    'augmenters.0.name="item_dropout"',
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(installed):
    """The interpreter of an environment in which the plugin is installed."""
    return installed(PROJECT)


def test_it_is_listed_with_its_distribution_and_version(python, tmp_path):
    shown = python("-m", "fw", "list-plugins", "--json", folder=tmp_path)
    found = json.loads(shown)
    assert [one for one in found["components"] if one["distribution"] == "fw-item-dropout"] == [
        {
            "kind": "augmenter",
            "name": "item_dropout",
            "plugin": "augmenter-item_dropout",
            "distribution": "fw-item-dropout",
            "version": "0.1.0",
            "summary": "Drop each item with the given probability; the newest always stays.",
        }
    ]
    assert "fw-item-dropout" not in {one["distribution"] for one in found["failed"]}


def test_it_runs_in_a_recipe_that_names_it(python, tmp_path):
    changes = [word for change in TINY for word in ("--set", change)]
    python("-m", "fw", "run", str(RECIPE), *changes, "--device", "cpu", folder=tmp_path)
    (run,) = (tmp_path / "runs").iterdir()
    kept = tomllib.loads((run / "recipe.toml").read_text())
    assert kept["augmenters"] == [{"name": "item_dropout", "probability": 0.2}]
    plugins = json.loads((run / "environment.json").read_text())["plugins"]
    assert ["augmenter-item_dropout", "fw-item-dropout", "0.1.0"] in plugins


def test_its_own_tests_pass(python, tmp_path):
    shutil.copy(PROJECT / "test_fw_item_dropout.py", tmp_path)
    shown = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", folder=tmp_path)
    assert " passed" in shown
    assert "failed" not in shown
