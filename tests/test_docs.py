"""The documentation is true: its examples run, its commands exist, its tables are whole."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import attrs
import click
import pytest
from click.testing import CliRunner

from fw.cli import COMMANDS, main
from fw.config.keys import table_titles
from fw.config.reading import read_recipe
from fw.config.recipe import General, Training
from fw.discovery import discover
from fw.kinds import KINDS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]
GUIDE = ROOT / "docs" / "writing-plugins.md"
THIRD_PARTY = ROOT / "tests" / "third_party" / "fw-item-dropout"
TINY = [
    'dataset={name="synthetic", num_users=60, num_items=150, mean_length=12.0}',
    "max_len=10",
    "encoder.hidden_size=8",
    "training.epochs=1",
    "training.evaluate_every=1",
]


def text_of(page):
    return page.read_text(encoding="utf-8")


def blocks(page, language):
    """Return the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), re.DOTALL)


def commands(page):
    """Yield the words of every ``fw`` command that a page shows as code."""
    whole = text_of(page)
    for command in re.findall(r"^\$ fw (.*)$", whole, re.MULTILINE):
        yield shlex.split(command)
    text = re.sub(r"^```[^\n]+\n.*?^```$", "", whole, flags=re.DOTALL | re.MULTILINE)
    indented = re.findall(r"^    (.*)$", text, re.MULTILINE)
    inline = re.findall(r"`([^`]+)`", text)
    for code in [*indented, *inline]:
        # Two commands may stand in one line, apart from what is said of them, or joined by &&.
        for part in re.split(r"\s{2,}(?!\w+=)|&&", " ".join(code.split("\n"))):
            if re.match(r"fw [a-z]", part.strip()):
                yield shlex.split(part.strip())[1:]


def test_there_is_something_to_check():
    assert len(PAGES) > 5
    assert sum(len(list(commands(page))) for page in PAGES) > 20


# The plugin guide ----------------------------------------------------------------------------


def test_the_whole_plugin_of_the_guide_is_short():
    code, _ = blocks(GUIDE, "python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 20


def test_the_guide_shows_the_plugin_that_is_tested_as_an_installed_one():
    (code, test), (project,) = blocks(GUIDE, "python"), blocks(GUIDE, "toml")
    assert code == text_of(THIRD_PARTY / "fw_item_dropout.py")
    assert test == text_of(THIRD_PARTY / "test_fw_item_dropout.py")
    assert project == text_of(THIRD_PARTY / "pyproject.toml")


def test_the_plugin_of_the_guide_runs_by_the_guides_own_commands(tmp_path, monkeypatch):
    code, _ = blocks(GUIDE, "python")
    (tmp_path / "fw_item_dropout.py").write_text(code)
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "fw_item_dropout", None)
    del sys.modules["fw_item_dropout"]
    shown = {words[0]: words for words in commands(GUIDE) if "-p" in words}
    listed = CliRunner().invoke(main, shown["list-plugins"])
    assert "item_dropout" in listed.stdout
    tiny = [word for change in TINY for word in ("--set", change)]
    run = CliRunner().invoke(main, [*shown["run"], *tiny, "--device", "cpu"])
    assert run.exit_code == 0, run.output
    (folder,) = (tmp_path / "runs").iterdir()
    kept = tomllib.loads((folder / "recipe.toml").read_text())
    assert kept["augmenters"] == [{"name": "item_dropout", "probability": 0.2}]


def test_the_test_of_the_guide_passes_without_an_installation(tmp_path):
    for name, code in zip(("", "test_"), blocks(GUIDE, "python"), strict=True):
        (tmp_path / f"{name}fw_item_dropout.py").write_text(code)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_guide_names_the_contract_of_every_kind():
    named = re.findall(r"^\| `(\w+)` \|", text_of(GUIDE), re.MULTILINE)
    assert named == [f"{kind.protocol}Contract" for kind in KINDS.values()]


# Commands ------------------------------------------------------------------------------------


def resolve(words):
    """Return the click command that the words call, with the words after its name."""
    found, rest = main, list(words)
    while isinstance(found, click.Group) and rest and not rest[0].startswith("-"):
        found = found.get_command(click.Context(found), rest.pop(0))
        assert found is not None, f"fw {shlex.join(words)}"
    return found, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_is_shown_exists_with_its_options(page):
    for words in commands(page):
        command, rest = resolve(words)
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        asked = {word.strip("[]") for word in rest if re.match(r"\[?--?[a-z]", word)}
        assert asked <= known, f"fw {shlex.join(words)}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_answers_help(name):
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_every_command_is_shown_somewhere():
    shown = {words[0] for page in PAGES for words in commands(page)}
    assert set(COMMANDS) <= shown


# Recipes -------------------------------------------------------------------------------------

RECIPES = ROOT / "docs" / "recipes.md"


def test_the_table_of_tables_has_every_kind_and_says_which_are_needed():
    needed = {}
    for line in text_of(RECIPES).splitlines():
        if line.startswith("| `["):
            first, *_, last = (cell.strip() for cell in line.strip("|").split("|"))
            needed |= {title.strip("`"): last for title in first.split(", ")}
    titles = table_titles()
    assert set(needed) | {"[sweep]", "[tune]"} == set(titles.values())
    for kind in KINDS.values():
        assert (needed[titles[kind.key]] == "yes") is kind.required


@pytest.mark.parametrize("key", [field.name for field in attrs.fields(Training)])
def test_the_page_on_recipes_names_every_key_of_training(key):
    assert f"`{key}`" in text_of(RECIPES)


def test_the_page_on_recipes_names_every_key_at_the_top():
    for field in attrs.fields(General):
        assert re.search(rf"^{field.name} = ", text_of(RECIPES), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_toml_that_is_shown_is_toml(page):
    for block in blocks(page, "toml"):
        tomllib.loads(block)


# Encoders ------------------------------------------------------------------------------------

ENCODERS = ROOT / "docs" / "encoders.md"


def test_the_page_on_encoders_has_each_of_them_and_says_which_see_later_items():
    rows = [line for line in text_of(ENCODERS).splitlines() if line.count("|") == 5]
    said = {line.split("`")[1]: "**yes**" in line for line in rows if line.startswith("| `")}
    registry = discover()
    bundled = [entry for entry in registry.entries("encoder") if entry.bundled]
    assert said == {one.name: not getattr(one.component, "causal", True) for one in bundled}


def test_the_page_on_encoders_names_every_recipe_that_uses_it():
    rows = [line for line in text_of(ENCODERS).splitlines() if line.count("|") == 4]
    said = {name for line in rows for name in re.findall(r"`([a-z_0-9]+)`", line.split("|")[1])}
    for name in said - {"published"}:
        assert (ROOT / "recipes" / f"{name}.toml").exists()
    used = {
        chosen.name
        for file in (ROOT / "recipes").glob("*.toml")
        for chosen in read_recipe(file, discover()).many("encoder")
        if file.stem in said
    }
    published = {"sasrec_official", "sasrec_post_ln", "sasrec_bert"}
    assert used | published == set(discover().names("encoder"))


# Losses and samplers -------------------------------------------------------------------------

LOSSES = ROOT / "docs" / "losses.md"


def rows_that_begin_with_a_name(page):
    return [line for line in text_of(page).splitlines() if re.match(r"\| `[a-z_]+` \|", line)]


@pytest.mark.parametrize("kind", ["loss", "sampler"])
def test_the_page_on_losses_and_samplers_has_each_of_them(kind):
    named = {line.split("`")[1] for line in rows_that_begin_with_a_name(LOSSES)}
    assert set(discover().names(kind)) <= named


def test_the_page_on_losses_names_every_setting_of_a_loss():
    rows = {line.split("`")[1]: line for line in reversed(rows_that_begin_with_a_name(LOSSES))}
    registry = discover()
    for name in registry.names("loss"):
        settings = attrs.fields(registry.get("loss", name).component)
        assert all(f"`{setting.name}`" in rows[name] for setting in settings)


def test_the_examples_of_losses_and_samplers_are_right_recipes(tmp_path):
    examples = blocks(LOSSES, "toml")
    assert len(examples) > 2
    for example in examples:
        path = tmp_path / "example.toml"
        path.write_text(f'extends = "sasrec"\n{example}')
        assert read_recipe(path, discover()).many("loss")
