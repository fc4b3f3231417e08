"""The results of a run as data: what has no standard error, and no value of a case."""

import json

import pandas as pd
import pytest

import tiny_runs
from fw.comparison.finished import Finished

BEYOND = '["coverage", "gini", "popularity", "novelty"]'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    recipe = tiny_runs.write_recipe(tmp_path_factory.mktemp("beyond"))
    evaluators = f'evaluators=[{{name="full", cutoffs=[3, 10], beyond_accuracy={BEYOND}}}]'
    return tiny_runs.train_tiny(recipe, evaluators, "training.epochs=1")


def test_metrics_of_all_lists_together_are_kept_without_a_standard_error(folder):
    metrics = json.loads((folder / "result.json").read_text())["metrics"]
    for name in ("coverage", "gini"):
        entry = metrics[f"test/full-seen-out/{name}@10"]
        assert 0 < entry["value"] <= 1
        assert entry["standard_error"] is None
    assert metrics["test/full-seen-out/novelty@3"]["standard_error"] > 0


def test_what_is_of_each_list_is_kept_by_case_and_can_be_compared(folder):
    ranks = pd.read_parquet(folder / "ranks.parquet")
    run = Finished.open(folder)
    assert "full-seen-out/coverage@10" not in ranks
    assert "full-seen-out/coverage@10" not in run.metrics
    metrics = json.loads((folder / "result.json").read_text())["metrics"]
    values = run.values("test", "full-seen-out/popularity@3")
    assert values.mean() == pytest.approx(metrics["test/full-seen-out/popularity@3"]["value"])


def test_the_chance_baseline_covers_the_catalogue(folder):
    baselines = json.loads((folder / "result.json").read_text())["baselines"]
    assert baselines["chance"]["test/full-seen-out/coverage@10"]["value"] == 1
    assert baselines["popularity"]["test/full-seen-out/coverage@3"]["value"] < 1
