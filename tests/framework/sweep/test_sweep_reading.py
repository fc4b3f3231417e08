"""The table ``[sweep]``: which rows it describes, and what is said of mistakes in it."""

from functools import partial

import pytest

from fw.config.overrides import Change
from fw.config.reading import read_recipe
from fw.sweep.outline import folder_name
from fw.sweep.reading import has_sweep, read_sweep

SWEEP = """
[sweep]
seeds = [4, 5]
baseline = "plain"

[[sweep.rows]]
name = "plain"

[[sweep.rows]]
name = "both ways"
set = { "encoder.dropout" = 0.3, losses = [{ name = "bce" }, { name = "bce", weight = 0.5 }] }

[[sweep.grids]]
name = "dropout {encoder.dropout}, {optimizer.decoupled}"
over = { "encoder.dropout" = [0.1, 0.2], "optimizer.decoupled" = [true, false] }
set = { "training.epochs" = 7 }
"""


@pytest.fixture
def sweep(write, registry, recipe_text):
    """A function that writes a recipe with a sweep and reads it."""

    def sweep(text, *overrides, **more):
        return read_sweep(write(recipe_text + text), registry, overrides, **more)

    return sweep


@pytest.fixture
def complaint(sweep, complaint_about):
    """A function that returns what is said of a sweep, lines counted from its first."""
    return partial(complaint_about, sweep)


def test_rows_come_first_then_grids_with_the_last_setting_varying_fastest(sweep):
    assert [row.name for row in sweep(SWEEP).rows] == [
        "plain",
        "both ways",
        "dropout 0.1, true",
        "dropout 0.1, false",
        "dropout 0.2, true",
        "dropout 0.2, false",
    ]


def test_a_row_is_the_recipe_with_its_changes(sweep):
    rows = {row.name: row.recipe.resolved for row in sweep(SWEEP).rows}
    assert rows["plain"]["encoder"]["dropout"] == 0.1
    assert rows["both ways"]["encoder"]["dropout"] == 0.3
    assert [loss["weight"] for loss in rows["both ways"]["losses"]] == [1.0, 0.5]
    grid = rows["dropout 0.2, false"]
    assert grid["encoder"]["dropout"] == 0.2
    assert grid["optimizer"]["decoupled"] is False
    assert grid["training"]["epochs"] == 7


def test_jobs_go_seed_by_seed_and_keep_whole_recipes(sweep, write, registry):
    jobs = sweep(SWEEP).jobs()
    assert [job.name for job in jobs[:2]] == ["plain-seed4", "both-ways-seed4"]
    assert [job.name for job in jobs[6:8]] == ["plain-seed5", "both-ways-seed5"]
    again = read_recipe(write(jobs[7].recipe, "again.toml"), registry)
    assert (again.seed, again.resolved["encoder"]["dropout"]) == (5, 0.3)


def test_keys_may_be_dotted_or_quoted_and_reach_into_lists(sweep):
    text = """
[[sweep.rows]]
name = "dotted"
set = { encoder.dropout = 0.5, losses.0.weight = 2.0 }
[[sweep.rows]]
name = "quoted"
set = { "encoder.dropout" = 0.5, "losses.0.weight" = 2.0 }
"""
    dotted, quoted = sweep(text).rows
    assert dotted.recipe.resolved == quoted.recipe.resolved
    assert dotted.recipe.resolved["losses"][0] == {"name": "bce", "weight": 2.0}


def test_without_seeds_and_baseline_there_is_one_seed_and_the_first_row_counts(sweep):
    read = sweep('[[sweep.rows]]\nname = "a"\n[[sweep.rows]]\nname = "b"\n')
    assert (read.name, tuple(read.seeds), read.baseline) == ("r", (1,), "a")


def test_what_is_set_on_the_command_line_is_set_in_every_row_and_in_the_sweep(sweep):
    read = sweep(SWEEP, "encoder.dropout=0.9", "sweep.seeds=[1]")
    assert {row.recipe.resolved["encoder"]["dropout"] for row in read.rows} == {0.9}
    assert tuple(read.seeds) == (1,)


def test_a_recipe_with_a_sweep_can_be_run_alone(read, recipe_text, write):
    assert read(recipe_text + SWEEP).resolved == read(recipe_text).resolved
    assert has_sweep(write(recipe_text + SWEEP))
    assert not has_sweep(write(recipe_text))


def test_plain_values_can_be_given_as_changes(read, recipe_text):
    recipe = read(recipe_text, Change.to("losses", [{"name": "bce", "weight": 0.5}]))
    assert recipe.resolved["losses"] == [{"name": "bce", "weight": 0.5}]


def test_every_problem_is_told_once_with_its_line_and_the_row_it_belongs_to(complaint):
    text = """
[sweep]
seeds = [1, -1]
baseline = "c"
rwos = 1
[[sweep.rows]]
name = "a"
set = { "encoder.dropout" = 2.0 }
[[sweep.rows]]
name = "b"
[[sweep.grids]]
name = "g {optimizer.learning_rate}"
over = { "optimizer.learning_rate" = [0.1, 0.2] }
set = { "encoder.name" = "smal" }
"""
    assert complaint(text) == (
        "r:+3: [sweep] seeds must be between 0 and 9223372036854775807, found -1\n"
        "    seeds = [1, -1]\n"
        "r:+5: unknown key 'rwos' in [sweep]\n"
        "    rwos = 1\n"
        "    did you mean 'rows'?\n"
        "    known keys: baseline, grids, rows, seeds\n"
        "r:+8: row 'a': [encoder] (small) dropout must be at least 0 and less than 1, found 2.0\n"
        '    set = { "encoder.dropout" = 2.0 }\n'
        "r:+14: row 'g 0.1' and 1 more: unknown encoder 'smal'\n"
        '    set = { "encoder.name" = "smal" }\n'
        "    did you mean 'small'?\n"
        "    known components of kind encoder: both_ways, small\n"
        "    searched: entry points of the group 'fw', and modules given with -p"
    )


def test_a_problem_of_all_rows_names_none(complaint):
    text = '[[sweep.rows]]\nname = "a"\n[[sweep.rows]]\nname = "b"\n'
    assert complaint(text, "encoder.dropout=2.0") == (
        "--set encoder.dropout=2.0: "
        "[encoder] (small) dropout must be at least 0 and less than 1, found 2.0"
    )


MISTAKES = {
    "no sweep": (
        "",
        "r: the recipe has no [sweep]\n"
        '    add [[sweep.rows]] with name = "..." and set = {"encoder.dropout" = 0.1}',
    ),
    "no rows": (
        "[sweep]\n",
        "r:+1: [sweep] has no rows\n    [sweep]\n"
        '    add [[sweep.rows]] with name = "..." and set = {"encoder.dropout" = 0.1}',
    ),
    "one table": (
        '[sweep.rows]\nname = "a"\n',
        "r:+1: sweep.rows must be a list of tables, found one table\n    [sweep.rows]\n"
        "    write [[sweep.rows]] in place of [sweep.rows]",
    ),
    "no name": (
        "[[sweep.rows]]\n",
        "r:+1: [[sweep.rows]] needs the key 'name'\n    [[sweep.rows]]\n"
        "    name is a string: what the row is called in the table",
    ),
    "one name twice": (
        '[[sweep.rows]]\nname = "a"\n[[sweep.rows]]\nname = "a"\n',
        "r:+3: two rows are called 'a'\n    [[sweep.rows]]\n"
        '    the name of a grid says what differs: name = "dropout {encoder.dropout}"',
    ),
    "one folder twice": (
        '[[sweep.rows]]\nname = "a b"\n[[sweep.rows]]\nname = "A, b"\n',
        "r:+3: rows 'a b' and 'A, b' would share the folder A-b-seed1\n    [[sweep.rows]]\n"
        "    rename one of them",
    ),
    "no folder": (
        '[[sweep.rows]]\nname = "***"\n',
        "r:+1: name '***' has no letter or digit\n    [[sweep.rows]]",
    ),
    "unknown baseline": (
        '[sweep]\nbaseline = "plan"\n[[sweep.rows]]\nname = "plain"\n',
        "r:+2: baseline 'plan' is no row of this sweep\n"
        "    baseline = \"plan\"\n    did you mean 'plain'?\n    rows: plain",
    ),
    "one seed twice": (
        '[sweep]\nseeds = [1, 1]\n[[sweep.rows]]\nname = "a"\n',
        "r:+2: [sweep] seeds has 1 twice\n    seeds = [1, 1]",
    ),
    "no seed": (
        '[sweep]\nseeds = []\n[[sweep.rows]]\nname = "a"\n',
        "r:+2: [sweep] seeds must name at least one seed\n    seeds = []",
    ),
    "a plain set": (
        '[[sweep.rows]]\nname = "a"\nset = 3\n',
        "r:+3: set must be a table of settings, found 3 (integer)\n    set = 3\n"
        '    write set = {"encoder.dropout" = 0.1}',
    ),
    "a plain value in over": (
        '[[sweep.grids]]\nname = "a"\nover = { "encoder.dropout" = 0.1 }\n',
        "r:+3: encoder.dropout in over must be a list of values, found 0.1 (float)\n"
        '    over = { "encoder.dropout" = 0.1 }',
    ),
    "an unquoted key in over": (
        '[[sweep.grids]]\nname = "a"\nover = { encoder.dropout = [0.1] }\n',
        'r:+3: encoder in over must be a list of values, found {"dropout" = [0.1]} (table)\n'
        '    over = { encoder.dropout = [0.1] }\n    write "encoder.dropout" in quotes',
    ),
    "an empty list in over": (
        '[[sweep.grids]]\nname = "a"\nover = { "encoder.dropout" = [] }\n',
        "r:+3: encoder.dropout in over must be a list of values, found an empty list\n"
        '    over = { "encoder.dropout" = [] }',
    ),
    "nothing varied": (
        '[[sweep.grids]]\nname = "a"\n',
        "r:+1: [[sweep.grids]] varies nothing\n    [[sweep.grids]]\n"
        '    write over = {"encoder.dropout" = [0.1, 0.2]}',
    ),
    "an unknown placeholder": (
        '[[sweep.grids]]\nname = "a {dropout}"\nover = { "encoder.dropout" = [0.1] }\n',
        "r:+1: name has {dropout}, which is no key of over\n    [[sweep.grids]]\n"
        "    over has: encoder.dropout",
    ),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_explained(complaint, text, said):
    assert complaint(text) == said


def test_quick_takes_small_data_in_place_of_that_of_every_row(
    write, registry, recipe_text, monkeypatch
):
    # The fakes have no synthetic data: what they have stands in for it.
    small = ('dataset={name="made_up", num_users=5}', "max_len=20")
    monkeypatch.setattr("fw.sweep.quick.QUICK", small)
    text = '[[sweep.rows]]\nname = "a"\nset = { "dataset.name" = "table", "dataset.path" = "x" }\n'
    (row,) = read_sweep(write(recipe_text + text), registry, ["training.epochs=1"], quick=True).rows
    assert row.recipe.resolved["dataset"]["num_users"] == 5
    assert row.recipe.resolved["max_len"] == 20
    assert row.recipe.resolved["training"]["epochs"] == 1  # what is asked for by hand counts


def test_quick_trains_few_epochs_but_not_what_is_not_trained(
    write, registry, recipe_text, monkeypatch
):
    monkeypatch.setattr("fw.sweep.quick.QUICK", ())
    text = (
        recipe_text
        + """
[[sweep.rows]]
name = "trained"
[[sweep.rows]]
name = "untrained"
set = { "training.epochs" = 0 }
"""
    )
    rows = read_sweep(write(text), registry, quick=True).rows
    assert [row.recipe.training.epochs for row in rows] == [2, 0]


def test_folder_names_keep_letters_of_any_script():
    assert folder_name("crop 0.2, flatten (β)") == "crop-0.2-flatten-β"
    assert folder_name("../x") == "x"
