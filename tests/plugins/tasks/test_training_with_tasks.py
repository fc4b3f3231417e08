"""Tasks, encoders, losses and samplers together in whole runs, and what such a run is good for."""

import json

import pandas as pd
import pytest

import tiny_runs
from fw.engine.finished.loaded import load
from fw.errors import UserError
from tiny_runs import train_tiny, write_recipe

MASKED, BERT = 'task={name="masked_item", ratio=0.4}', 'encoder={name="bert4rec", hidden_size=8}'
LAST = 'task={name="last_item", prefix="random"}'
GRU = 'encoder={name="gru4rec", hidden_size=8, recurrent_size=12}'
CONTRAST = (
    'losses=[{name="cross_entropy"}, {name="nt_xent", weight=0.1}]',
    'augmenters=[{name="mask", ratio=0.3}, {name="same_target"}]',
    'pooling={name="mean"}',
)
RUNS = {
    "bert4rec": (MASKED, BERT, 'losses=[{name="cross_entropy"}]'),
    "bert4rec, one negative": (MASKED, BERT),
    "bert4rec, logQ": (
        MASKED,
        BERT,
        'losses=[{name="sampled_softmax", correction="classic"}]',
        'sampler={name="in_batch", num_negatives=16}',
    ),
    "bert4rec, gbce": (
        MASKED,
        BERT,
        'losses=[{name="gbce"}]',
        'sampler={name="popularity", exponent=0, exclude="target", num_negatives=4}',
    ),
    "bert4rec, sce": (MASKED, BERT, 'losses=[{name="sce", bucket_items=24}]'),
    "bert4rec, views": (MASKED, BERT, *CONTRAST),
    "bert4rec, last item": (LAST, BERT, 'losses=[{name="cross_entropy"}]'),
    "sasrec, masked items": (MASKED, 'losses=[{name="cross_entropy"}]'),
    "sasrec, last item": ('task={name="last_item"}',),
    "gru4rec": (GRU, 'losses=[{name="cross_entropy"}]'),
    "gru4rec, last item": (
        GRU,
        LAST,
        'losses=[{name="bpr"}]',
        'sampler={name="hard", num_candidates=4}',
    ),
    "gru4rec, views": (GRU, LAST, *CONTRAST, 'augmenters=[{name="mask", token="pad"}]'),
}


@pytest.mark.parametrize("changes", RUNS.values(), ids=RUNS)
def test_a_run_trains_with_it(tmp_path, changes):
    more = ("training.epochs=8", "optimizer.learning_rate=0.02")
    folder = train_tiny(write_recipe(tmp_path), *changes, *more)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    losses = [line["loss"] for line in map(json.loads, lines) if "loss" in line]
    assert len(losses) == 8
    assert min(losses[-2:]) < losses[0]


@pytest.fixture(scope="module", params=[(MASKED, BERT), (LAST, GRU)], ids=["cloze", "last item"])
def trained(request, tmp_path_factory):
    """The folder of a finished run."""
    return train_tiny(write_recipe(tmp_path_factory.mktemp("run")), *request.param)


def test_case_B16_a_run_recommends_as_it_was_evaluated(trained):
    histories = {}
    for user, item, _ in tiny_runs.rows():
        histories.setdefault(user, []).append(item)
    ranks = pd.read_parquet(trained / "ranks.parquet")
    run = load(trained, device="cpu", warn=pytest.fail)
    test = ranks[ranks["split"] == "test"]
    assert len(test) == len(histories)
    for row in test.itertuples(index=False):
        *history, target = histories[row.user]
        listed = run.recommend(items=history, k=len(tiny_runs.ITEMS))
        assert not set(listed["item"]) & set(history)
        better = test.loc[test["user"] == row.user, "full-seen-out/better"].item()
        assert listed.loc[listed["item"] == target, "rank"].item() == better + 1


def test_a_run_knows_what_is_similar(trained):
    found = load(trained, device="cpu", warn=pytest.fail).similar("007", k=5)
    assert len(found) == 5
    assert found["score"].between(-1, 1).all()


def test_an_encoder_that_is_not_causal_is_refused_where_targets_are_in_sight(tmp_path):
    recipe = write_recipe(tmp_path)
    with pytest.raises(UserError) as error:
        train_tiny(recipe, BERT)
    assert str(error.value).splitlines()[-1].strip() == (
        "it would see the item it is to predict: choose another encoder, or a task that hides it: "
        "last_item, masked_item"
    )
