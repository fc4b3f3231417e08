"""The table ``[tune]``: which parameters it describes, and what is said of mistakes in it."""

import re
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from optuna.trial import FixedTrial

from fw.cli import main
from fw.config.reading import read_recipe
from fw.discovery import discover
from fw.tune.reading import has_search, read_search
from tiny_runs import RECIPE as TINY
from tiny_runs import write_recipe

TUNE = """
[tune]
trials = 7
seed = 5
startup_trials = 3

[tune.parameters]
"optimizer.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
"encoder.hidden_size" = { low = 8, high = 32, step = 8 }
"encoder.dropout" = { low = 0, high = 0.5 }
losses = { choices = [[{ name = "bce" }], [{ name = "bce", weight = 0.5 }]] }
"optimizer.decoupled" = { choices = [true, false] }
"""


@pytest.fixture
def search(write, registry, recipe_text):
    """A function that writes a recipe with a search and reads it."""

    def search(text, *overrides, **more):
        return read_search(write(recipe_text + text), registry, overrides, **more)

    return search


@pytest.fixture
def complaint(search, complaint_about):
    """A function that returns what is said of a search, lines counted from its first."""
    return partial(complaint_about, search)


def with_parameter(line):
    return f"[tune]\n[tune.parameters]\n{line}\n"


def test_a_search_is_read_with_its_ranges(search):
    found = search(TUNE)
    assert (found.name, found.keys.trials, found.keys.seed) == ("r", 7, 5)
    assert (found.keys.sampler, found.keys.pruner, found.keys.startup_trials) == (
        "tpe",
        "median",
        3,
    )
    assert found.monitor == "valid/all/hr@10"
    assert found.plain["parameters"] == {
        "optimizer.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
        "encoder.hidden_size": {"low": 8, "high": 32, "step": 8},
        "encoder.dropout": {"low": 0, "high": 0.5},
        "losses": [[{"name": "bce"}], [{"name": "bce", "weight": 0.5}]],
        "optimizer.decoupled": [True, False],
    }


def test_a_trial_is_the_recipe_with_the_values_that_it_was_given(search):
    values = {
        "optimizer.learning_rate": 0.001,
        "encoder.hidden_size": 24,
        "encoder.dropout": 0.25,
        "losses": '[{"name" = "bce", "weight" = 0.5}]',
        "optimizer.decoupled": "true",
    }
    job = search(TUNE).job(FixedTrial(values, number=3))
    assert (job.row, job.name) == ("trial 3", "trial-3-seed3")
    for line in ("learning_rate = 0.001", "hidden_size = 24", "dropout = 0.25", "weight = 0.5"):
        assert line in job.recipe
    assert "decoupled = true" in job.recipe
    assert "[tune]" not in job.recipe


@pytest.mark.parametrize(
    ("drawn", "written"), [(0.3 + 3 * 0.1, "0.6"), (0.3, "0.3"), (0.3 + 4 * 0.1, "0.7")]
)
def test_a_multiple_of_a_step_is_what_one_would_write(search, drawn, written):
    ends = with_parameter('"encoder.dropout" = { low = 0.3, high = 0.7, step = 0.1 }')
    job = search(ends).job(FixedTrial({"encoder.dropout": drawn}))
    assert f"\ndropout = {written}\n" in job.recipe


def test_fw_run_ignores_the_table(write, registry, recipe_text):
    path = write(recipe_text + TUNE)
    assert has_search(path)
    plain = read_recipe(path, registry)
    assert plain.resolved == read_recipe(write(recipe_text, "plain.toml"), registry).resolved


def test_what_is_set_by_hand_holds_for_all_trials_and_for_the_search(search):
    found = search(TUNE, "training.epochs=9", "tune.trials=2")
    assert found.recipe.training.epochs == 9
    assert found.keys.trials == 2


def test_quick_takes_small_data_few_trials_and_no_range_of_the_data(search, monkeypatch):
    monkeypatch.setattr("fw.sweep.quick.QUICK", ('dataset={name="made_up", num_users=5}',))
    found = search(TUNE + '"dataset.num_users" = { low = 1, high = 9 }\n', quick=True)
    assert found.name == "r-quick"
    assert found.keys.trials == 4
    assert found.recipe.resolved["dataset"]["num_users"] == 5
    assert "dataset.num_users" not in found.plain["parameters"]
    assert search(TUNE, "tune.trials=2", quick=True).keys.trials == 2


def test_a_recipe_without_the_table_says_how_to_write_one(complaint):
    assert complaint("") == (
        "r: the recipe has no [tune]\n"
        '    add [tune.parameters] with "optimizer.learning_rate" = '
        "{ low = 1e-4, high = 1e-2, log = true }"
    )


MISTAKES = {
    "[tune]\n": "r:+1: [tune] has no parameters\n    [tune]\n"
    '    add [tune.parameters] with "optimizer.learning_rate" = '
    "{ low = 1e-4, high = 1e-2, log = true }",
    with_parameter('"encoder.dropout" = 0.1'): "r:+3: encoder.dropout must be a table, found 0.1 "
    '(float)\n    "encoder.dropout" = 0.1\n'
    "    write { low = 0.0, high = 0.5 } or { choices = [0.1, 0.2] }",
    with_parameter("encoder.dropout = { low = 0.1, high = 0.2 }"): "r:+3: encoder has neither low "
    "nor choices\n    encoder.dropout = { low = 0.1, high = 0.2 }\n"
    '    write "encoder.dropout" in quotes',
    with_parameter('"encoder.dropout" = { low = 0.3, high = 0.1 }'): "r:+3: encoder.dropout: low "
    "must be less than high, found 0.3 and 0.1\n"
    '    "encoder.dropout" = { low = 0.3, high = 0.1 }',
    with_parameter('"encoder.dropout" = { low = 0, high = 0.1, log = true }'): "r:+3: "
    "encoder.dropout: with log = true low must be above 0\n"
    '    "encoder.dropout" = { low = 0, high = 0.1, log = true }',
    with_parameter('"encoder.hidden_size" = { low = 1, high = 9, log = true, step = 2 }'): "r:+3: "
    "encoder.hidden_size: log = true and step do not go together\n"
    '    "encoder.hidden_size" = { low = 1, high = 9, log = true, step = 2 }',
    with_parameter('"encoder.dropout" = { low = 0.1 }'): "r:+3: encoder.dropout needs the key "
    "'high'\n    \"encoder.dropout\" = { low = 0.1 }\n"
    "    high is an integer or a number: the largest value",
    with_parameter('"encoder.dropout" = { choices = [0.1] }'): "r:+3: encoder.dropout: choices "
    'must be a list of two values or more\n    "encoder.dropout" = { choices = [0.1] }',
    with_parameter('"encoder.dropout" = { choices = [0.1, 0.2], low = 1 }'): "r:+3: "
    "encoder.dropout has choices, and so no low\n"
    '    "encoder.dropout" = { choices = [0.1, 0.2], low = 1 }',
    # The ends of every range are tried as recipes.
    with_parameter('"encoder.dropout" = { low = 0.0, high = 1.5 }'): "r:+3: [encoder] (small) "
    "dropout must be at least 0 and less than 1, found 1.5\n"
    '    "encoder.dropout" = { low = 0.0, high = 1.5 }',
    with_parameter(
        '"encoder.hiden_size" = { low = 1, high = 2 }'
    ): "r:+3: unknown key 'hiden_size' in "
    '[encoder] (small)\n    "encoder.hiden_size" = { low = 1, high = 2 }\n'
    "    did you mean 'hidden_size'?\n    known keys: dropout, hidden_size, name",
    with_parameter('"encoder.name" = { choices = ["small", "smal"] }'): "r:+3: unknown encoder "
    '\'smal\'\n    "encoder.name" = { choices = ["small", "smal"] }\n'
    "    did you mean 'small'?\n    known components of kind encoder: both_ways, small\n"
    "    searched: entry points of the group 'fw', and modules given with -p",
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.items(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line(complaint, text, said):
    assert complaint(text) == said


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("seed", "the best of many seeds is luck"),
        ("training.final_fit", "a final fit has no validation to be selected by"),
        ("training.monitor", "it selects"),
    ],
)
def test_some_keys_cannot_be_searched(complaint, key, why):
    line = f'"{key}" = {{ low = 1, high = 2 }}'
    assert complaint(with_parameter(line)) == f"r:+3: {key} cannot be searched: {why}\n    {line}"


def test_a_final_fit_cannot_be_searched(complaint):
    said = complaint(TUNE, "training.final_fit=1")
    assert "a final fit has no validation to be selected by" in said


def test_several_mistakes_are_told_at_once(complaint):
    text = "[tune]\ntrial = 3\nseed = -1\n[tune.parameters]\nmax_len = 1\n"
    said = complaint(text)
    assert "r:+2: unknown key 'trial' in [tune]\n    trial = 3\n    did you mean 'trials'?" in said
    assert "r:+3: [tune] seed must be between 0 and 4294967295, found -1" in said
    assert "r:+5: max_len must be a table, found 1 (integer)" in said


def test_check_reads_the_ends_of_all_ranges(tmp_path):
    ranges = '[tune]\n[tune.parameters]\n"encoder.dropout" = { low = 0.0, high = 0.5 }\n'
    recipe = write_recipe(tmp_path, TINY + ranges)
    result = CliRunner().invoke(main, ["check", str(recipe)])
    assert result.exit_code == 0, result.output
    assert "    tune: 20 trials by valid/full-seen-out/ndcg@10\n" in result.stdout
    assert "    tune: encoder.dropout\n" in result.stdout
    recipe.write_text(recipe.read_text().replace("0.5 }", "7 }"))
    result = CliRunner().invoke(main, ["check", str(recipe)])
    assert result.exit_code == 2
    assert "dropout must be at least 0 and less than 1, found 7.0" in result.output


def test_the_search_of_the_docs_is_right(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "tuning.md").read_text(encoding="utf-8")
    (tmp_path / "search.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    assert len(read_search(tmp_path / "search.toml", discover()).parameters) > 2
