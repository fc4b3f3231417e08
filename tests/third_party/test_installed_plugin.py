"""A stranger's plugin, really installed with pip: seen, described and run without further ado."""

import json
import os
import shutil
import site
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
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
def python(tmp_path_factory):
    """The interpreter of a fresh environment that sees this one's packages, and the plugin's."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    interpreter = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    # Not --system-site-packages: where the tests run in an environment, that means another one.
    packages = _answer(interpreter, "-c", "import site; print(site.getsitepackages()[0])").strip()
    lines = [f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages()]
    (Path(packages) / "outer.pth").write_text("".join(lines))
    source = shutil.copytree(HERE / "fw-item-dropout", folder / "source")
    pip = ("-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation")
    _answer(interpreter, *pip, str(source))
    return interpreter


def _answer(python, *words, folder=None):
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [python, *words], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_listed_with_its_distribution_and_version(python, tmp_path):
    shown = _answer(python, "-m", "fw", "list-plugins", "--json", folder=tmp_path)
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
    _answer(python, "-m", "fw", "run", str(RECIPE), *changes, "--device", "cpu", folder=tmp_path)
    (run,) = (tmp_path / "runs").iterdir()
    kept = tomllib.loads((run / "recipe.toml").read_text())
    assert kept["augmenters"] == [{"name": "item_dropout", "probability": 0.2}]
    plugins = json.loads((run / "environment.json").read_text())["plugins"]
    assert ["augmenter-item_dropout", "fw-item-dropout", "0.1.0"] in plugins
