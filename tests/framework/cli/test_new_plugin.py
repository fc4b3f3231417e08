"""``fw new-plugin``: what it writes keeps its contract, and what it refuses is explained."""

import subprocess
import sys
import tomllib

import pytest

from fw.discovery import discover
from fw.kinds import KINDS
from fw.starting import NewPlugin, compatible_versions

FILES = {"pyproject.toml", "README.md", "fw_mine.py", "test_fw_mine.py"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_a_project_and_says_what_comes_next(command, here):
    result = command("new-plugin", "augmenter", "mine")
    assert {path.name for path in (here / "fw-mine").iterdir()} == FILES
    assert result.stdout == (
        "wrote fw-mine: pyproject.toml, README.md, fw_mine.py, test_fw_mine.py\n"
        "next:\n"
        "    cd fw-mine\n"
        "    pip install -e '.[test]' && pytest\n"
        "    fw describe augmenter mine\n"
    )


def test_the_project_offers_the_component_by_an_entry_point(command, here):
    command("new-plugin", "loss", "ahead_of_all")
    project = tomllib.loads((here / "fw-ahead-of-all" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "fw-ahead-of-all"
    assert project["dependencies"] == ["fw-seqrec>=0.1,<0.2"]
    assert project["entry-points"]["fw"] == {"loss-ahead_of_all": "fw_ahead_of_all"}
    assert "class AheadOfAllLoss:" in (here / "fw-ahead-of-all" / "fw_ahead_of_all.py").read_text()


@pytest.mark.parametrize(
    ("name", "class_name"),
    [("mine", "MineLoss"), ("my_own", "MyOwnLoss"), ("my_loss", "MyLoss"), ("none", "NoneLoss")],
)
def test_the_class_is_called_by_name_and_kind(name, class_name):
    assert NewPlugin(kind=KINDS["loss"], name=name).class_name == class_name


def test_it_writes_where_it_is_told(command, here):
    result = command("new-plugin", "task", "mine", "-o", "deep/in here")
    assert {path.name for path in (here / "deep" / "in here").iterdir()} == FILES
    assert "    cd 'deep/in here'\n" in result.stdout


@pytest.fixture(scope="module")
def one_of_every_kind(tmp_path_factory):
    """A folder with a plugin of every kind."""
    folder = tmp_path_factory.mktemp("plugins")
    for kind in KINDS.values():
        plugin = NewPlugin(kind=kind, name=f"my_{kind.name}")
        plugin.write(folder / plugin.distribution)
    return folder


def python(folder, *words):
    """Run a module of Python's in a folder; what it prints is shown if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_plugins_are_written_as_linter_and_formatter_have_it(one_of_every_kind):
    rules = "--select=E,F,W,B,UP,SIM,PT,C4,N"
    python(one_of_every_kind, "ruff", "check", rules, "--isolated", "--line-length=100", ".")
    python(one_of_every_kind, "ruff", "format", "--check", "--isolated", "--line-length=100", ".")


@pytest.mark.parametrize(
    "kinds",
    [pytest.param(["augmenter"], id="one kind"), pytest.param(KINDS, marks=pytest.mark.slow)],
)
def test_a_plugin_of_every_kind_keeps_its_contract_before_it_is_installed(one_of_every_kind, kinds):
    (one_of_every_kind / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    quiet = ("-q", "-p", "no:cacheprovider", "--no-header", "-k", "not test_recipes_can_name_it")
    folders = [NewPlugin(kind=KINDS[kind], name=f"my_{kind}").distribution for kind in kinds]
    assert f"{len(folders)} deselected" in python(one_of_every_kind, "pytest", *quiet, *folders)


def test_the_readme_shows_a_table_of_a_recipe(command, here):
    command("new-plugin", "augmenter", "mine")
    assert '```toml\n[[augmenters]]\nname = "mine"\n```' in (here / "fw-mine/README.md").read_text()
    command("new-plugin", "pooling", "other")
    assert '```toml\n[pooling]\nname = "other"\n```' in (here / "fw-other/README.md").read_text()


# What is refused -----------------------------------------------------------------------------

RULE = "a name is lower-case letters, digits and underscores, and begins with a letter"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("My-Loss", "\n    write my_loss"),
        ("item dropout", "\n    write item_dropout"),
        ("../etc", "\n    write etc"),
        ("2nd", ""),
        ("", ""),
        ("é", ""),
        ("mine\n", "\n    write mine"),
    ],
)
def test_a_name_that_is_none_is_refused(command, here, name, hint):
    result = command("new-plugin", "loss", name, code=2)
    assert result.stderr == f"{name!r} cannot name a component: {RULE}{hint}\n"
    assert list(here.iterdir()) == []


def test_a_name_that_is_taken_is_refused_with_its_owner(command, here):
    result = command("new-plugin", "augmenter", "crop", code=2)
    owner = discover().get("augmenter", "crop").owner
    assert result.stderr == (
        f"there is already augmenter 'crop' from {owner}\n    choose another name\n"
    )


def test_a_name_of_another_kind_is_free(command, here):
    command("new-plugin", "pooling", "crop")
    assert (here / "fw-crop").is_dir()


@pytest.mark.parametrize(
    ("name", "taken"), [("plugins", "a module 'fw_plugins'"), ("seqrec", "a distribution")]
)
def test_a_module_or_distribution_that_is_there_is_refused(command, here, name, taken):
    result = command("new-plugin", "loss", name, code=2)
    assert result.stderr.startswith(f"there is already {taken}")
    assert result.stderr.endswith("\n    choose another name\n")


def test_a_folder_that_is_there_is_left_alone(command, here):
    (here / "fw-mine").mkdir()
    result = command("new-plugin", "loss", "mine", code=2)
    assert result.stderr == "fw-mine is there already\n    name another with -o\n"
    assert list((here / "fw-mine").iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_explained(command, here):
    (here / "file").write_text("")
    result = command("new-plugin", "loss", "mine", "-o", "file/folder", code=2)
    assert result.stderr == "cannot write file/folder: Not a directory\n"


def test_an_unknown_kind_is_a_usage_error_that_lists_the_kinds(command, here):
    result = command("new-plugin", "network", "mine", code=2)
    assert "'network' is not one of 'dataset', 'splitter', 'task'" in result.stderr


@pytest.mark.parametrize(
    ("version", "versions"),
    [("0.1.0", ">=0.1,<0.2"), ("0.12.3", ">=0.12,<0.13"), ("2.4.1", ">=2.4,<3")],
)
def test_a_plugin_works_with_the_versions_of_one_interface(version, versions):
    assert compatible_versions(version) == versions
