"""Items that are alike, by the cosine of their embeddings."""

import math

import pytest
import torch

import tiny_runs
from fw.engine.finished.model import open_trained
from fw.engine.finished.similar import similar_items
from fw.errors import UserError


@pytest.fixture(scope="module")
def run(tiny_run):
    return open_trained(tiny_run, device="cpu", warn=pytest.fail)


def cosine(left, right):
    """The cosine of two lists of numbers."""
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    return dot / math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))


def test_similar_items_are_those_of_the_highest_cosine(run):
    table = run.model.encoder.items.weight.tolist()
    ids = run.split.store.item_ids.tolist()
    for item in ("12", "ä,b"):
        own = table[ids.index(item) + 1]
        others = {other: cosine(own, table[ids.index(other) + 1]) for other in ids if other != item}
        found = similar_items(run, item, k=99)
        assert [one.item for one in found] == sorted(others, key=others.get, reverse=True)
        assert [one.rank for one in found] == list(range(1, len(tiny_runs.ITEMS)))
        for one in found:
            assert one.score == pytest.approx(others[one.item], abs=1e-5)
        assert similar_items(run, item, k=3) == found[:3]


def test_an_item_without_an_embedding_is_like_none(tiny_run):
    run = open_trained(tiny_run, device="cpu", warn=pytest.fail)
    with torch.no_grad():
        run.model.encoder.items.weight[2] = 0
    item = run.split.store.item_ids[1]
    assert {one.score for one in similar_items(run, item, k=99)} == {0.0}


def test_what_is_unknown_or_no_number_of_items_is_refused(run):
    with pytest.raises(UserError) as caught:
        similar_items(run, "NEW")
    assert str(caught.value) == (
        "unknown item 'NEW': not one of the 24 items of the run's data, after cleaning"
    )
    with pytest.raises(UserError) as caught:
        similar_items(run, "12", k=0)
    assert str(caught.value) == "k must be at least 1, found 0"
