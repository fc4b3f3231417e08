"""What tests of plugins and recipes need: fake components, fake installed distributions."""

import importlib
import shutil
import sys

import pandas as pd
import pytest

import fake_components
from fw.config.reading import read_recipe
from fw.entries import Owned
from fw.errors import RecipeError
from fw.offers import offers_of
from fw.registry import Registry
from tiny_runs import train_tiny, write_recipe

RECIPE = """\
seed = 3
max_len = 20

[dataset]
name = "made_up"

[splitter]
name = "last_out"

[task]
name = "next_item"

[sampler]
name = "uniform"

[encoder]
name = "small"
dropout = 0.1

[[losses]]
name = "bce"

[optimizer]
name = "adam"
learning_rate = 0.01

[training]
epochs = 2
monitor = "valid/all/hr@10"

[[evaluators]]
name = "ranked"
"""


@pytest.fixture
def registry():
    """All fake components."""
    owner = Owned(plugin="fakes", distribution="fw-fakes", version="1.0")
    return Registry.of([offers_of(fake_components, owner)])


@pytest.fixture
def recipe_text():
    """A whole recipe of fake components."""
    return RECIPE


@pytest.fixture
def write(tmp_path):
    """A function that writes a file and returns its path."""

    def write(text, name="r.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def read(write, registry):
    """A function that writes a recipe and reads it."""

    def read(text, *overrides):
        return read_recipe(write(text), registry, overrides)

    return read


@pytest.fixture
def complaint_about(recipe_text, tmp_path):
    """A function that returns what is said where text after the recipe is read.

    Lines are counted from the first of that text; ``read`` is given it and writes it to "r.toml".
    """

    def complaint_about(read, text, *overrides):
        with pytest.raises(RecipeError) as caught:
            read(text, *overrides)
        said = str(caught.value).replace(str(tmp_path / "r.toml"), "r")
        first = recipe_text.count("\n")
        for line in range(first + text.count("\n") + 1, first, -1):
            said = said.replace(f"r:{line}:", f"r:+{line - first}:")
        return said

    return complaint_about


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that puts a distribution with modules and entry points on the import path."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    before = set(sys.modules)

    def install(name, version, modules, entry_points):
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [f"{point} = {target}" for point, target in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[fw]", *lines]))
        for module, text in modules.items():
            (site / f"{module}.py").write_text(text)
        importlib.invalidate_caches()

    yield install
    for module in set(sys.modules) - before:
        if str(getattr(sys.modules[module], "__file__", None)).startswith(str(site)):
            del sys.modules[module]


@pytest.fixture
def only_fakes(install):
    """Let the fake components be all that comes with fw: hides the real distribution."""
    install("fw-seqrec", "1.0", {}, {"fakes": "fake_components"})


@pytest.fixture(scope="session")
def titled_run(tiny_run, tmp_path_factory):
    """The same run, its items having titles, all but ``007``."""
    copy = shutil.copytree(tiny_run, tmp_path_factory.mktemp("titled") / "run")
    items = pd.read_parquet(copy / "items.parquet")
    items["title"] = [f"title of {item}" for item in items.index]
    items.loc[["12", "007"], "title"] = ["Heat (1995)", None]
    items.to_parquet(copy / "items.parquet")
    return copy


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """The folder of a finished run, not to be written to."""
    return train_tiny(write_recipe(tmp_path_factory.mktemp("tiny")))
