"""Starting from another run: its weights to the bit, matched by item, or a readable refusal."""

import csv
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from test_resume import Stops

from fw.engine import run as engine
from fw.engine.warm_start import Matching
from fw.errors import RunError
from fw.stopping import Stopped
from same_runs import assert_same_run
from tiny_runs import Silent, rows, train_tiny, write_recipe

# So small that a step changes no bit of a weight.
STILL = ("optimizer.learning_rate=1e-30", "training.epochs=1")
TABLE = "encoder.items.weight"


class Hears(Silent):
    """Keeps what it is warned of."""

    def __init__(self):
        super().__init__()
        self.warned = []

    def warn(self, message):
        self.warned.append(message)


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path)


def write_other_log(folder, renamed=("007", "brand new")):
    """Write the same histories newest user first, one item called otherwise."""
    found = [(user, renamed[1] if item == renamed[0] else item, t) for user, item, t in rows()]
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("user", "item", "time"), *reversed(found)])


def run_from(recipe, run, *overrides, reporter=None):
    more = (f'training.init_from="{run}"', *overrides)
    return engine.run(
        recipe,
        overrides=more,
        runs=recipe.parent / "more",
        device="cpu",
        reporter=reporter or Silent(),
    ).folder


def weights_of(run):
    return load_file(run / "best.safetensors")


def refusal(recipe, run, *overrides):
    with pytest.raises(RunError) as caught:
        run_from(recipe, run, *overrides)
    return str(caught.value)


def test_training_begins_with_the_best_weights_of_the_other_run(recipe, tiny_run):
    reporter = Hears()
    begun = run_from(recipe, tiny_run, *STILL, reporter=reporter)
    before, after = weights_of(tiny_run), weights_of(begun)
    assert before.keys() == after.keys()
    assert all(after[name].equal(weight) for name, weight in before.items())
    assert reporter.warned == []
    assert f'init_from = "{tiny_run}"' in (begun / "recipe.toml").read_text()


def test_items_are_matched_by_their_ids_and_new_ones_begin_anew(recipe, tiny_run):
    write_other_log(recipe.parent)
    reporter = Hears()
    fresh = train_tiny(recipe, *STILL)
    begun = run_from(recipe, tiny_run, *STILL, reporter=reporter)
    ids = {run: pd.read_parquet(run / "items.parquet").index for run in (tiny_run, begun)}
    assert list(ids[tiny_run]) != list(ids[begun])
    initial, found = weights_of(fresh)[TABLE], weights_of(begun)[TABLE]
    numbers = {item: number for number, item in enumerate(ids[tiny_run], start=1)}
    for number, item in enumerate(ids[begun], start=1):
        known = weights_of(tiny_run)[TABLE][numbers[item]] if item in numbers else initial[number]
        assert found[number].equal(known), item
    assert "brand new" in ids[begun]
    assert found[-1].equal(weights_of(tiny_run)[TABLE][-1])
    assert reporter.warned == [
        f"[training] init_from: 23 of 24 items are known to {tiny_run}; the others begin anew",
        f"[training] init_from: {tiny_run} was trained on other data, or another split of them: if "
        "that has interactions that are validated or tested here, these scores are too good",
    ]


def test_a_run_that_has_a_checkpoint_needs_the_other_one_no_more(recipe, tiny_run):
    other = shutil.copytree(tiny_run, recipe.parent / "other")
    whole = run_from(recipe, other)
    with pytest.raises(Stopped):
        run_from(recipe, other, reporter=Stops(2, 1))
    shutil.rmtree(other)
    (stopped,) = (one for one in whole.parent.iterdir() if one != whole)
    engine.resume(stopped, device="cpu", reporter=Silent())
    assert_same_run(stopped, whole)


def test_a_model_of_another_shape_is_refused_with_what_differs_first(recipe, tiny_run):
    said = refusal(recipe, tiny_run, "encoder.num_blocks=2")
    first, second, *_ = said.splitlines()
    assert first == (
        f"[training] init_from: the weights {tiny_run / 'best.safetensors'} do not fit the recipe: "
        "they are of another model"
    )
    assert second.strip().startswith("encoder.blocks.1.")
    assert second.endswith(" is missing")
    assert list((recipe.parent / "more").iterdir()) == []


def test_a_table_of_another_width_is_refused_where_catalogues_differ_too(recipe, tiny_run):
    write_other_log(recipe.parent)
    said = refusal(recipe, tiny_run, "encoder.hidden_size=16")
    assert re.search(r"is \[8.*\], it should be \[16.*\]", said.splitlines()[1])


def test_a_folder_that_is_no_run_or_not_finished_is_named(recipe, tiny_run, tmp_path):
    assert refusal(recipe, tmp_path / "no") == (
        f"[training] init_from: not a run folder (it has no recipe.toml): {tmp_path / 'no'}"
    )
    stopped = shutil.copytree(tiny_run, tmp_path / "stopped")
    (stopped / "result.json").unlink()
    assert refusal(recipe, stopped).startswith(
        f"[training] init_from: the run is not finished: {stopped}"
    )


def test_a_run_without_a_list_of_its_items_is_named(recipe, tiny_run, tmp_path):
    bare = shutil.copytree(tiny_run, tmp_path / "bare")
    (bare / "items.parquet").unlink()
    assert refusal(recipe, bare) == (
        f"[training] init_from: the run keeps no list of its items: {bare}"
    )


def test_catalogues_that_share_nothing_are_refused(recipe, tiny_run):
    text = (recipe.parent / "log.csv").read_text(encoding="utf-8")
    lines = [f"{line.split(',')[0]},other {n % 9},{n}" for n, line in enumerate(text.split("\n"))]
    (recipe.parent / "log.csv").write_text("\n".join(["user,item,time", *lines[1:-1]]))
    assert refusal(recipe, tiny_run) == (
        "[training] init_from: none of its 24 items is one of this run's data"
    )


def test_weights_with_a_row_an_item_outside_of_item_tables_are_refused(recipe, tiny_run, tmp_path):
    other = shutil.copytree(tiny_run, tmp_path / "other")
    weights = weights_of(other)
    weights["encoder.popularity"] = torch.zeros(26)
    save_file(weights, other / "best.safetensors")
    write_other_log(recipe.parent)
    assert refusal(recipe, other) == (
        "[training] init_from: encoder.popularity has a row for each of its items, or as many by "
        "chance, and is in no item table: it cannot be matched with another catalogue"
    )


@pytest.mark.parametrize(
    ("before", "after", "numbers", "same"),
    [
        (["a", "b"], ["a", "b"], [1, 2], True),
        (["a", "b"], ["b", "a"], [2, 1], False),
        (["a", "b"], ["a"], [1], False),
        (["b"], ["a", "b"], [0, 1], False),
    ],
)
def test_catalogues_are_the_same_only_in_the_same_order(before, after, numbers, same):
    matching = Matching.of(*(np.array(ids, dtype=object) for ids in (before, after)))
    assert (matching.numbers.tolist(), matching.same) == (numbers, same)


def test_a_relative_path_starts_from_the_recipes_folder(recipe, tiny_run):
    shutil.copytree(tiny_run, recipe.parent / "teacher")
    text = recipe.read_text().replace("[training]", '[training]\ninit_from = "teacher"')
    recipe.write_text(text)
    begun = train_tiny(recipe, *STILL)
    assert weights_of(begun)[TABLE].equal(weights_of(tiny_run)[TABLE])
