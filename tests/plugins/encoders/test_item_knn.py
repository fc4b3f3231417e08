"""``item_knn`` against loops over pairs of items, from its table to recommendations."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_encoder import sequences_of
from torch.testing import assert_close

import tiny_runs
from fw.engine.finished.model import open_trained
from fw.engine.finished.recommending import Recommender
from fw.engine.finished.similar import similar_items
from fw_plugins.encoders.item_knn import ItemKNN

NUM_ITEMS = 7
RECIPE = tiny_runs.untrained('name = "item_knn"\nnum_neighbours = 5')


def similarity(rows, one, other, inverse):
    both = math.fsum(
        1 / math.log(1 + len(set(row))) if inverse else 1.0
        for row in rows
        if one in row and other in row
    )
    counts = [sum(item in row for row in rows) for item in (one, other)]
    return both / math.sqrt(counts[0] * counts[1]) if both else 0.0


def slow_scores(rows, history, number, inverse=False):
    """Let each different item of the history speak for its most similar others."""
    scores = [0.0] * (NUM_ITEMS + 2)
    for item in set(history) - {0}:
        others = [other for other in range(1, NUM_ITEMS + 1) if other != item]
        found = {other: similarity(rows, item, other, inverse) for other in others}
        # The sort is stable: of equals the smaller id comes first.
        for other in sorted(others, key=lambda o: -round(found[o], 12))[:number]:
            scores[other] += found[other]
    return scores


ROWS = st.lists(st.lists(st.integers(1, NUM_ITEMS), max_size=6), min_size=1, max_size=8).filter(any)
HISTORIES = st.lists(st.lists(st.integers(1, NUM_ITEMS), max_size=6), min_size=1, max_size=4)


@settings(max_examples=40)
@given(ROWS, HISTORIES, st.integers(1, 9), st.booleans())
def test_scores_are_sums_of_similarities_at_every_position(
    make_info, rows, histories, number, inverse
):
    chosen = ItemKNN(num_neighbours=number, inverse_user_frequency=inverse)
    encoder = chosen.build(make_info(rows, NUM_ITEMS))
    sequences = sequences_of(histories, width=6)
    scores = encoder.items.scores(encoder(sequences))
    newest = encoder.items.scores(encoder.newest(sequences))
    for row, history in enumerate(histories):
        for place in range(len(history)):
            expected = slow_scores(rows, history[: place + 1], number, inverse)
            assert_close(scores[row, place], torch.tensor(expected), rtol=1e-5, atol=1e-6)
        expected = slow_scores(rows, history, number, inverse)
        assert_close(newest[row], torch.tensor(expected), rtol=1e-5, atol=1e-6)
        assert not scores[row, len(history) :].any()  # padding


def test_rows_weight_and_scores_of_the_table_are_of_one_matrix(make_info):
    rows = [[1, 2, 3], [1, 2], [2, 4, 5], [5, 4], [6]]
    table = ItemKNN(num_neighbours=2).build(make_info(rows, NUM_ITEMS)).items
    weight = table.weight
    assert weight.shape == (NUM_ITEMS + 2, NUM_ITEMS + 2)
    for item in range(1, NUM_ITEMS + 1):
        assert weight[:, item].tolist() == pytest.approx(slow_scores(rows, [item], 2))
        assert (weight[:, item] > 0).sum() <= 2
    ids = torch.tensor([[4, 0], [8, 2]])
    assert table.rows(ids).equal(weight[ids])
    hidden = torch.rand(2, 3, NUM_ITEMS + 2)
    assert_close(table.scores(hidden), hidden @ weight.T)


def test_gaps_between_items_say_nothing(make_info):
    encoder = ItemKNN().build(make_info([[1, 2, 3], [1, 2]], NUM_ITEMS))
    states = encoder(sequences_of([[1, 0, 2]])._replace(gaps=True))
    assert states[0, 1].abs().max() == 0
    assert states[0, 2].tolist() == [0, 1, 1, 0, 0, 0, 0, 0, 0]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    recipe = tiny_runs.write_recipe(tmp_path_factory.mktemp("knn"), RECIPE)
    return open_trained(tiny_runs.train_tiny(recipe), device="cpu", warn=pytest.fail)


def test_a_run_recommends_from_its_folder_what_goes_with_the_history(run):
    found = Recommender(run).for_items(["12", "007"], k=3)
    store = run.split.store
    ids = store.item_ids.tolist()
    table = run.model.encoder.items.weight
    expected = table[:, ids.index("12") + 1] + table[:, ids.index("007") + 1]
    for one in found.items:
        assert one.score == pytest.approx(expected[ids.index(one.item) + 1].item(), rel=1e-5)
    rest = [
        score
        for number, score in enumerate(expected.tolist()[1:-1])
        if ids[number] not in ("12", "007")
    ]
    assert [one.score for one in found.items] == pytest.approx(
        sorted(rest, reverse=True)[:3], rel=1e-5
    )


def test_similar_items_of_a_run_are_the_neighbours_by_their_cosines(run):
    table = run.model.encoder.items
    number = run.split.store.item_ids.tolist().index("12") + 1
    found = similar_items(run, "12", k=5)
    assert [one.score for one in found] == pytest.approx(table.similarities[number].tolist())
    names = {run.split.store.item_ids[i - 1] for i in table.neighbours[number].tolist()}
    assert {one.item for one in found} == names
