"""Sampled ranking: protocols, expectation against draws, and what the notes say."""

from itertools import product

import attrs
import numpy as np
import pytest
import torch

from fw.engine.evaluating.baselines import Chance
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import evaluate
from fw.interfaces import Evaluator
from fw.random import Rng
from fw_plugins.evaluators._sampling import ExpectedEvaluator, Rules
from fw_plugins.evaluators.sampled import PROTOCOLS, Sampled


class ByItem:
    """The same score of an item for every case."""

    def __init__(self, scores):
        self.row = torch.as_tensor(scores, dtype=torch.float32)

    def scores(self, cases, history):
        return self.row.expand(len(cases.ids), -1)


@pytest.fixture
def build(make_info):
    def make(num_items, weights=None, **settings):
        info = make_info([[1]], num_items)
        counts = torch.ones(num_items + 2, dtype=torch.int64) if weights is None else weights
        return Sampled(**settings).build(attrs.evolve(info, item_counts=counts))

    return make


def run(scorer, split, evaluator, seed=0):
    store = CaseStore(split, split.test)
    named = {evaluator.protocol: evaluator}
    return evaluate(scorer, store, named, max_len=50, seed=seed)[evaluator.protocol]


def ladder(num_items):
    """The lower the number of an item, the higher its score."""
    return ByItem(-np.arange(num_items + 2))


def test_case_B07_the_candidates_of_a_user_with_a_hundred_eligible_items(make_split, build):
    split = make_split([[1, 2, 3, 4, 5], list(range(6, 106))], 105)
    evaluator = build(105, mode="drawn")
    cases = CaseStore(split, split.test).chunk(1, 2)
    for seed in range(5):
        rng = Rng.for_rows(seed, cases.history_lengths, cases.rows)
        drawn = evaluator.candidates(cases, rng)
        assert sorted(drawn.flatten().tolist()) == list(range(6, 106))
    # Everything from 6 on scores below the target 5, so nothing but 1..4 could be better.
    assert run(ladder(105), split, evaluator).per_case["hr@1"][0] == 1


@pytest.mark.parametrize("mode", ["expected", "drawn"])
def test_case_B08_a_user_with_few_eligible_items_is_ranked_among_them_and_counted(
    make_split, build, mode
):
    split = make_split([[1, 2, 3, 4, 5], list(range(6, 106))], 105)
    found = run(ladder(105), split, build(105, mode=mode))
    assert found.notes["users_with_short_candidates"] == 1
    assert found.counts.eligible.tolist() == [100, 5]
    assert found.per_case["ndcg@10"][1] == pytest.approx(1 / np.log2(7))


def test_case_B10_one_draw_lies_where_the_hypergeometric_distribution_says(make_split, build):
    # 999 eligible items, of which 50 score above the target.
    split = make_split([[1001, 1002, 51]] * 2000, 1002)
    expected = run(ladder(1002), split, build(1002))
    assert expected.values["hr@10"].value == pytest.approx(0.97842, abs=5e-6)
    assert expected.values["ndcg@10"].value == pytest.approx(0.37144, abs=5e-6)
    drawn = run(ladder(1002), split, build(1002, mode="drawn"))
    assert drawn.values["hr@10"].value == pytest.approx(0.97842, abs=0.0163)
    assert drawn.values["ndcg@10"].value == pytest.approx(0.37144, abs=0.0109)


@pytest.mark.parametrize(
    "protocol", ["clean-sampled100", "kang205-sampled100", "popularity-sampled100"]
)
def test_the_mean_of_300_draws_is_the_expected_value(make_split, build, protocol):
    rng = np.random.default_rng(0)
    rows = [[*rng.integers(1, 151, 11), rng.integers(1, 25)] for _ in range(8)]
    split, scorer = make_split(rows, 150), ByItem(-(np.arange(152) // 3))  # all in threes
    settings = {"protocol": protocol, "metrics": ("hr", "ndcg", "mrr", "auc")}
    weights = torch.from_numpy(rng.geometric(0.1, 152) - 1)  # a few items weigh most, some nothing
    expected = run(scorer, split, build(150, weights, **settings))
    drawn = run(scorer, split, build(150, weights, mode="drawn", draws=300, **settings))
    for name, metric in expected.values.items():
        error = drawn.notes["between_draws"][name] / np.sqrt(300)
        assert drawn.values[name].value == pytest.approx(metric.value, abs=4 * error + 1e-9), name


def test_case_B02_the_target_may_be_a_copy_of_itself_and_then_ties(make_split, build):
    # One trained item of two: the pool is the target alone, drawn a hundred times.
    split = make_split([[1, 1, 2]], 2)
    for mode in ("expected", "drawn"):
        found = run(ladder(2), split, build(2, protocol="kang205-sampled100", mode=mode))
        assert found.values["hr@10"].value == pytest.approx(10 / 101)
        assert found.notes["target_among_candidates"] == 1
        assert found.notes["users_with_short_candidates"] == 1


def test_kang205_tells_how_often_target_and_validation_item_were_drawn(make_split, build):
    split = make_split([[1, 2, 3, 4]] * 400, 202)  # 200 items outside 1 and 2
    expected, drawn = (
        run(ladder(202), split, build(202, protocol="kang205-sampled100", mode=mode)).notes
        for mode in ("expected", "drawn")
    )
    share = 1 - (1 - 1 / 200) ** 100
    for name in ("target_among_candidates", "history_among_candidates"):
        assert expected[name] == pytest.approx(share)
        assert drawn[name] == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 400))
    assert drawn["candidates_drawn_twice"] == 1  # all but certain among 100 of 200


def test_kang205_tells_how_often_a_candidate_is_drawn_twice(make_split, build):
    split = make_split([[1, 2, 3, 4]] * 1000, 8002)  # 8000 items outside 1 and 2
    expected, drawn = (
        run(ladder(8002), split, build(8002, protocol="kang205-sampled100", mode=mode)).notes
        for mode in ("expected", "drawn")
    )
    share = 1 - np.prod([1 - i / 8000 for i in range(100)])
    assert share == pytest.approx(0.46, abs=0.01)
    assert expected["candidates_drawn_twice"] == pytest.approx(share)
    assert drawn["candidates_drawn_twice"] == pytest.approx(share, abs=4 * 0.5 / np.sqrt(1000))
    clean = run(ladder(8002), split, build(8002, mode="drawn")).notes
    assert "candidates_drawn_twice" not in clean


def test_a_repeated_target_is_not_drawn_again_by_kang205(make_split, build):
    split = make_split([[1, 2, 3, 1]], 30)
    notes = run(ladder(30), split, build(30, protocol="kang205-sampled100")).notes
    assert notes["repeat_targets"] == 1
    assert notes["target_among_candidates"] == 0


def test_bert4rec_draws_by_training_counts_without_replacement(make_split, build):
    split = make_split([[1, 2, 3]], 300)
    weights = torch.zeros(302, dtype=torch.int64)
    weights[100:150] = 5
    found = run(ladder(300), split, build(300, weights, protocol="bert4rec-sampled100"))
    assert found.notes["mode"] == "drawn"
    assert found.counts.eligible.tolist() == [50]
    assert found.notes["users_with_short_candidates"] == 1
    assert found.weights is None


def test_popularity_is_the_expectation_over_every_list_of_candidates(make_split):
    # Item 1 is the history, 4 the target: 2 and 3 score above it, 5 and 6 tie, 7 and 8 are below.
    split, weights = make_split([[1, 1, 4]], 8), np.array([0, 9, 3, 0, 50, 1, 4, 5, 2, 0])
    scorer = ByItem([0, 9, 8, 8, 5, 5, 5, 1, 0, 0])
    evaluator = ExpectedEvaluator(
        protocol="popularity-sampled3",
        names=("hr@1", "hr@2", "ndcg@3", "mrr@4", "auc"),
        rules=Rules(num_candidates=3, repeated=True, weighted=True),
        item_counts=torch.from_numpy(weights),
    )
    found = run(scorer, split, evaluator)
    slow = np.zeros(5)
    for candidates in product([2, 3, 5, 6, 7, 8], repeat=3):
        likely = weights[list(candidates)].prod() / 15**3
        scores = [scorer.row[item] for item in candidates]
        better, tied = sum(s > 5 for s in scores), scores.count(5)
        for rank in range(better + 1, better + tied + 2):
            gain = (rank <= 3) / np.log2(rank + 1)
            worth = np.array([rank <= 1, rank <= 2, gain, 1 / rank, (4 - rank) / 3])
            slow += likely / (tied + 1) * worth
    assert [metric.value for metric in found.values.values()] == pytest.approx(slow, abs=1e-12)
    assert [part.tolist() for part in found.counts] == [[2], [2], [6]]
    assert [part.tolist() for part in found.weights] == [[3], [5], [15]]


def test_popularity_ranks_first_where_nothing_that_is_eligible_was_trained_on(make_split, build):
    split, weights = make_split([[1, 2, 3]], 5), torch.tensor([0, 4, 4, 4, 0, 0, 0])
    for mode in ("expected", "drawn"):
        evaluator = build(5, weights, protocol="popularity-sampled100", mode=mode)
        found = run(ladder(5), split, evaluator)
        assert found.values["hr@1"].value == 1
        assert found.notes["users_with_short_candidates"] == 1


def test_popularity_tells_of_draws_how_often_a_candidate_came_twice(make_split, build):
    split = make_split([[1, 2, 3, 4]] * 50, 300)
    drawn = run(ladder(300), split, build(300, protocol="popularity-sampled100", mode="drawn"))
    assert drawn.notes["target_among_candidates"] == drawn.notes["history_among_candidates"] == 0
    assert drawn.notes["candidates_drawn_twice"] == 1  # all but certain among 100 of 296


def test_each_protocol_draws_its_number_of_candidates(make_split, build):
    split = make_split([[1, 2, 3]], 300)
    numbers = {
        protocol: run(
            ladder(300), split, build(300, protocol=protocol, mode="drawn")
        ).counts.eligible.item()
        for protocol in PROTOCOLS
    }
    assert numbers == {
        "clean-sampled100": 100,
        "kang205-sampled100": 100,
        "popularity-sampled100": 100,
        "bert4rec-sampled100": 100,
        "s3rec-99": 99,
    }


def test_more_draws_begin_with_the_same_draw(make_split, build):
    split = make_split([[1, 2, 3, 4]] * 50, 300)
    one, three = (run(ladder(300), split, build(300, mode="drawn", draws=n)) for n in (1, 3))
    assert one.counts.better.tolist() == three.counts.better.tolist()
    assert "between_draws" not in one.notes
    assert set(three.notes["between_draws"]) == set(three.values)


def test_case_B62_chance_level_is_told(make_split, build):
    rng = np.random.default_rng(0)
    split = make_split([rng.permutation(300)[:5] + 1 for _ in range(1000)], 300)
    for mode in ("expected", "drawn"):
        assert run(Chance(), split, build(300, mode=mode)).notes["at_chance_level"]
        random_scores = ByItem(rng.normal(size=302))
        assert run(random_scores, split, build(300, mode=mode)).notes["at_chance_level"]
    known = make_split([[*rng.permutation(200)[:5] + 101, 1 + i % 20] for i in range(100)], 300)
    assert not run(ladder(300), known, build(300)).notes["at_chance_level"]


def test_hr_at_10_need_not_be_reported(make_split, build):
    split = make_split([[1, 2, 3, 4]] * 50, 300)
    evaluator = build(300, metrics=("mrr",), cutoffs=(5,))
    assert isinstance(evaluator, Evaluator)
    found = run(ladder(300), split, evaluator)
    assert tuple(found.values) == tuple(found.per_case) == evaluator.metric_names() == ("mrr@5",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"protocol": "bert4rec-sampled100", "mode": "expected"},
            "bert4rec-sampled100 is always drawn, since weighted draws without replacement have no "
            'closed form: write mode = "drawn", or take popularity-sampled100',
        ),
        (
            {"draws": 5, "protocol": "popularity-sampled100"},
            'draws = 5 without mode = "drawn": nothing is drawn',
        ),
        ({"draws": 5}, 'draws = 5 without mode = "drawn": nothing is drawn'),
        ({"draws": 0, "mode": "drawn"}, "draws must be between 1 and 1000, found 0"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=r".") as caught:
        Sampled(**settings)
    assert caught.value.args[0] == message
