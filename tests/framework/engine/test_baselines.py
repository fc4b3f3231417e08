"""Baselines: chance, popularity, the last item's successors, and the truth."""

from types import SimpleNamespace

import attrs
import numpy as np
import pytest
import torch

from fw.data.training import TrainingRows
from fw.engine import build
from fw.engine.evaluating.baselines import baselines
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import evaluate
from fw_plugins.evaluators.full import Full
from fw_plugins.evaluators.sampled import Sampled

ROWS = [[3, 5, 3, 7, 3, 5, 1, 2], [5, 3, 5, 4, 6]]  # the last two of each are held out


@pytest.fixture
def split(make_split):
    return make_split(ROWS, 7)


@pytest.fixture
def info(make_info):
    trained = torch.tensor([item for row in ROWS for item in row[:-2]])
    return attrs.evolve(make_info(ROWS, 7), item_counts=torch.bincount(trained, minlength=9))


def scores(split, info, name, batch_size=10):
    store = CaseStore(split, split.test)
    scorer = baselines(split, info)[name]
    chunks = [
        scorer.scores(store.chunk(*span), store.histories(*span, 10))
        for span in store.spans(batch_size, 10)
    ]
    return torch.cat(chunks)


@pytest.mark.parametrize("row_length", [1, 2, 6])
def test_case_B11_an_item_counts_as_often_as_it_occurs_however_the_rows_are_cut(
    make_split, row_length
):
    batch = [3, 5, 3, 7, 3, 5]
    parts = [batch[start : start + row_length] for start in range(0, 6, row_length)]
    split = make_split([[*part, 1, 2] for part in parts], 7)
    recipe = SimpleNamespace(max_len=10)
    counts = build.make_info(recipe, split, TrainingRows(split), pytest.fail, {}).item_counts
    assert counts.tolist() == [0, 0, 0, 3, 0, 2, 0, 1, 0]
    assert CaseStore(split, split.test).item_counts.tolist() == counts.tolist()


@pytest.mark.parametrize("batch_size", [1, 2, 6])
def test_case_B11_popularity_counts_repeats_whatever_the_batch_size(split, info, batch_size):
    found = scores(split, info, "popularity", batch_size)
    assert found.tolist() == [[0, 0, 0, 4, 0, 4, 0, 1, 0]] * 2


def test_the_last_item_scores_what_came_after_it_in_training(split, info, make_split):
    split = make_split([[3, 5, 3, 7, 3, 5, 1, 3, 2], [5, 3, 5, 4, 6]], 7)
    found = scores(split, info, "last_item")
    # After 3 came 5 three times and 7 once; that 2 came too is held out.
    assert found[0].floor().tolist() == [0, 0, 0, 0, 0, 3, 0, 1, 0]
    # After 4 nothing came, so popularity alone decides: counts over the largest count and one.
    assert found[1].tolist() == pytest.approx([0, 0, 0, 0.8, 0, 0.8, 0, 0.2, 0])


def test_no_transition_leads_from_one_user_to_the_next(make_split, info):
    split = make_split([[1, 2, 6, 2, 7], [3, 4, 5, 2, 6]], 7)
    found = scores(split, info, "last_item")
    assert found[0].floor()[3] == 0
    assert found[0].floor().tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0]


def test_case_B02_chance_is_exact_under_every_protocol(split, info):
    sampled = [Sampled(protocol=name).build(info) for name in ("clean-sampled100", "s3rec-99")]
    evaluators = [Full(), *sampled]
    named = {one.protocol: one for one in evaluators}
    store = CaseStore(split, split.test)
    found = evaluate(baselines(split, info)["chance"], store, named, max_len=10, seed=0)
    # Of seven items the first case has had four, the second three: 2 and 3 others are eligible.
    for metrics in found.values():
        assert metrics.values["hr@1"].value == pytest.approx((1 / 3 + 1 / 4) / 2, abs=1e-14)


def test_the_oracle_is_asked_about_the_targets_and_nothing_else(split, info):
    asked = []

    def oracle(rows):
        asked.extend(rows.tolist())
        return np.arange(1, 8) + rows[:, None] / 100

    split = attrs.evolve(split, store=attrs.evolve(split.store, oracle=oracle))
    found = scores(split, info, "oracle")
    assert asked == [7, 12]
    assert found[:, 1:-1].numpy() == pytest.approx(np.arange(1, 8) + np.array([[0.07], [0.12]]))


def test_there_is_an_oracle_only_where_the_data_know_it(split, info):
    assert list(baselines(split, info)) == ["chance", "popularity", "last_item"]
