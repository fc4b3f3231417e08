"""The sweeps that are shipped and documented are what they are said to be."""

import re
from collections import Counter
from pathlib import Path

from fw.discovery import discover
from fw.sweep.reading import read_sweep


def test_the_diary_table_has_its_26_rows():
    sweep = read_sweep("sweeps/diary_table", discover())
    assert len(sweep.rows) == 26
    assert sweep.baseline == "Reproduction (paper LayerNorm)"
    recipes = {row.name: row.recipe.resolved for row in sweep.rows}
    official, paper = recipes.pop("SASRec (official)"), recipes.pop(sweep.baseline)
    assert official["encoder"]["name"] == "sasrec_official"
    assert paper["encoder"]["name"] == "sasrec_paper"
    assert [loss["name"] for loss in official["losses"] + paper["losses"]] == ["bce", "bce"]
    found = Counter()
    for name, recipe in recipes.items():
        (augmenter,), pooling = recipe["augmenters"], recipe["pooling"]["name"]
        assert name == f"{augmenter['name']} {augmenter['ratio']}, {pooling}"
        assert recipe["encoder"] == paper["encoder"]
        loss = recipe["losses"][1]
        assert (loss["name"], loss["weight"]) == ("nt_xent", 0.1)
        assert (loss["similarity"], loss["temperature"]) == ("dot", 1.0)
        found[augmenter["name"], pooling] += 1
    assert found == {
        (name, pooling): 4
        for name in ("crop", "mask", "replace")
        for pooling in ("flatten", "mean")
    }


def test_the_diary_table_is_selected_and_tested_as_sasrec_itself_is():
    for row in read_sweep("sweeps/diary_table", discover()).rows:
        assert row.recipe.training.monitor == "valid/kang205-sampled100/ndcg@10"
        assert row.recipe.one("dataset").name == "movielens"


def test_quick_makes_every_row_small():
    for row in read_sweep("sweeps/diary_table", discover(), quick=True).rows:
        assert row.recipe.one("dataset").name == "synthetic"
        assert row.recipe.training.epochs == 2


def test_the_sweep_of_the_docs_has_the_rows_of_its_table(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "sweeps.md").read_text(encoding="utf-8")
    (tmp_path / "ratios.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    sweep = read_sweep(tmp_path / "ratios.toml", discover())
    for row in sweep.rows:
        assert re.search(rf"^\| {re.escape(row.name)}( \(baseline\))? +\| 2", page, re.MULTILINE)
    assert len(sweep.rows) == 5
