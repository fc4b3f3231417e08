"""``fw check``: every problem of a recipe at once."""

import tomllib
from pathlib import Path

import pytest

from fw.config.reading import read_recipe

pytestmark = pytest.mark.usefixtures("only_fakes")

BROKEN = ("fw-broken", "0.3", {"fw_broken": "raise ImportError('no blah')"})
FAILURE = "plugin augmenter-broken (fw-broken 0.3) was not loaded: ImportError: no blah"


def test_a_good_recipe_is_summed_up(command, write, recipe_text):
    path = write(recipe_text + '[[augmenters]]\nname = "crop"\n[[augmenters]]\nname = "mask"\n')
    result = command("check", path)
    assert result.stderr == ""
    assert result.stdout == (
        f"ok: {path}\n"
        "    dataset: made_up\n"
        "    splitter: last_out\n"
        "    task: next_item\n"
        "    loader: resident\n"
        "    sampler: uniform\n"
        "    encoder: small\n"
        "    augmenter: crop, mask\n"
        "    loss: bce\n"
        "    optimizer: adam\n"
        "    evaluator: ranked\n"
        "    training: up to 2 epochs, selected by valid/all/hr@10\n"
    )


def test_every_problem_is_told_and_the_exit_code_is_2(command, write, recipe_text):
    path = write(recipe_text.replace("seed = 3", "sede = 3").replace("0.1", "1.1"))
    result = command("check", path, "--set", "training.epochs=-1", code=2)
    assert result.stdout == ""
    assert result.stderr == (
        f"{path}:1: unknown key 'sede' at the top of the recipe\n"
        "    sede = 3\n"
        "    did you mean 'seed'?\n"
        "    known keys: extends, max_len, seed\n"
        f"{path}:18: [encoder] (small) dropout must be at least 0 and less than 1, found 1.1\n"
        "    dropout = 1.1\n"
        "--set training.epochs=-1: [training] epochs must be at least 0, found -1\n"
    )


def test_overrides_are_checked_and_used(command, write, recipe_text):
    result = command("check", write(recipe_text), "--set", "training.epochs=7")
    assert result.stdout.endswith("training: up to 7 epochs, selected by valid/all/hr@10\n")


def test_the_resolved_recipe_is_a_recipe(command, write, recipe_text, registry):
    path = write(recipe_text)
    shown = command("check", path, "--resolved").stdout
    assert tomllib.loads(shown) == read_recipe(path, registry).resolved
    assert command("check", write(shown, "again.toml"), "--resolved").stdout == shown


def test_case_B56_a_recipe_that_is_not_there(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *_ = command("check", "nowhere.toml", code=2).stderr.splitlines()
    assert first == f"there is no such recipe: {tmp_path / 'nowhere.toml'}"


def test_case_B56_a_data_file_that_is_not_there_is_warned_of(command, write, recipe_text, tmp_path):
    text = recipe_text.replace('name = "made_up"', 'name = "table"\npath = "x.csv"')
    result = command("check", write(text), "--data", tmp_path / "data")
    assert result.stdout.startswith("ok: ")
    assert result.stderr == (
        f"warning: dataset 'table': no such file: {Path.cwd() / 'x.csv'} "
        f"or {tmp_path / 'data' / 'x.csv'}\n"
        "    a relative path is looked for beside the recipe, in the current folder, "
        "and in the data folder (--data or FW_DATA_DIR)\n"
    )


def test_case_B51_a_plugin_that_fails_is_one_warning_where_it_is_not_used(
    command, write, recipe_text, install
):
    install(*BROKEN, {"augmenter-broken": "fw_broken"})
    result = command("check", write(recipe_text))
    assert result.stdout.startswith("ok: ")
    assert result.stderr == f"warning: {FAILURE}\n"


def test_case_B51_a_plugin_that_fails_is_named_where_it_is_used(
    command, write, recipe_text, install
):
    install(*BROKEN, {"augmenter-broken": "fw_broken"})
    path = write(recipe_text + '[[augmenters]]\nname = "broken"\n')
    assert command("check", path, code=2).stderr == (
        f"warning: {FAILURE}\n"
        f"{path}:34: unknown augmenter 'broken'\n"
        '    name = "broken"\n'
        "    known components of kind augmenter: crop, mask\n"
        "    searched: entry points of the group 'fw', and modules given with -p\n"
        f"    {FAILURE}\n"
    )


def test_case_B50_a_recipe_that_uses_a_name_of_two_plugins(command, write, recipe_text, install):
    text = (
        "import fake_components\nfrom fw import hookimpl\n@hookimpl\n"
        "def register_augmenters(register): register('shuffle2', fake_components.Crop)\n"
    )
    for name, version in (("pa", "1.0"), ("pb", "2.0")):
        install(name, version, {name: text}, {f"augmenter-{name}": name})
    path = write(recipe_text + '[[augmenters]]\nname = "shuffle2"\n')
    assert command("check", path, code=2).stderr.endswith(
        f"\n{path}:34: augmenter 'shuffle2' is offered by "
        "augmenter-pa (pa 1.0) and augmenter-pb (pb 2.0)\n"
        '    name = "shuffle2"\n'
        "    none of them is used: uninstall all but one\n"
    )


def test_case_B51_a_module_asked_for_that_fails_ends_the_command(
    command, write, recipe_text, install
):
    install("other", "1.0", {"asked_for": "raise SystemExit(0)"}, {})
    result = command("check", write(recipe_text), "-p", "asked_for", code=1)
    assert result.stderr == "plugin asked_for (given with -p) was not loaded: SystemExit: 0\n"
