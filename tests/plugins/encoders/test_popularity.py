"""``popularity``: a score is a count, and a run of it is the baseline that every run states."""

import torch
from slow_encoder import sequences_of

import tiny_runs
from fw.engine.display import remarks
from fw.engine.folders.folder import RunFolder
from fw_plugins.encoders.popularity import Popularity

RECIPE = tiny_runs.untrained('name = "popularity"')


def test_scores_are_counts_whatever_the_history(make_info):
    info = make_info([[1, 2, 2]], 4)
    info.item_counts.copy_(torch.tensor([0, 3, 5, 0, 1, 0]))
    encoder = Popularity().build(info)
    scores = encoder.items.scores(encoder(sequences_of([[1, 2], [4]])))
    assert scores[0, 0].tolist() == scores[0, 1].tolist() == scores[1, 0].tolist()
    assert scores[0, 0].tolist() == [0, 3, 5, 0, 1, 0]
    assert scores[1, 1].tolist() == [0] * 6  # padding
    assert not any(weight.requires_grad for weight in encoder.parameters())


def test_a_run_has_just_the_metrics_of_the_baseline(tmp_path):
    reporter = tiny_runs.Silent()
    folder = tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path, RECIPE), reporter=reporter)
    result = RunFolder.open(folder).read_json("result.json")
    assert result["metrics"] == result["baselines"]["popularity"]
    assert result["metrics"]["test/full-seen-out/ndcg@10"]["value"] > 0
    assert list(remarks(reporter.rows)) == []  # not that it does not beat itself
