"""Losses and samplers together in whole runs: what is trained on falls."""

import json

import pytest

from tiny_runs import train_tiny, write_recipe

PAIRS = [
    ('{name="cross_entropy", label_smoothing=0.1}', None),
    ('{name="cross_entropy", precision="bfloat16"}', None),
    ('{name="sce", mix=true, bucket_items=8}', None),
    ('{name="bce"}', '{name="shared", num_negatives=8}'),
    ('{name="bpr"}', '{name="hard", num_candidates=4}'),
    ('{name="gbce"}', '{name="popularity", exponent=0, exclude="target", num_negatives=4}'),
    ('{name="sampled_softmax", correction="classic"}', '{name="in_batch"}'),
    ('{name="sampled_softmax", correction="corrected"}', '{name="mixed", exclude="target"}'),
    ('{name="sampled_softmax", correction="classic"}', '{name="uniform", num_negatives=4}'),
]


@pytest.mark.parametrize(("loss", "sampler"), PAIRS)
def test_a_run_trains_with_it(tmp_path, loss, sampler):
    changes = [f"losses=[{loss}]", "training.epochs=4", "optimizer.learning_rate=0.01"]
    changes += [f"sampler={sampler}"] if sampler else []
    folder = train_tiny(write_recipe(tmp_path), *changes)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    losses = [line["loss"] for line in map(json.loads, lines) if "loss" in line]
    assert len(losses) == 4
    assert losses[-1] < losses[0]
