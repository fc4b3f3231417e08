"""Lists of the best items: in order, without what is excluded, ties by chance."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from fw.engine.evaluating import top_lists
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import evaluate
from fw.engine.evaluating.tally import CountedRanking
from fw.engine.evaluating.top_lists import best_items, first_items
from fw.random import Rng
from fw_plugins.evaluators.full import Full

ROWS = [[4, 2, 4, 9], [7, 1, 1, 3, 5, 8, 2], [3, 5, 8]]


def rng_for(cases, seed=0):
    return Rng.for_rows(seed, cases.history_lengths, cases.rows).child("ties")


def lists(split, scores, rule="seen", length=4, seed=0):
    """The lists of the test cases, in the order of the rows."""
    store = CaseStore(split, split.test)
    cases = store.chunk(0, len(store))
    found = best_items(scores[cases.rows], cases, rule, length, rng_for(cases, seed))
    return store.restored(found).tolist()


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(["seen", "train", "none"]), st.integers(1, 12))
def test_lists_equal_a_slow_sort(make_split, seed, rule, length):
    split = make_split(ROWS, 9)
    scores = torch.randn((3, 11), generator=torch.Generator().manual_seed(seed))
    for row, found in enumerate(lists(split, scores, rule, length)):
        hidden = {"seen": ROWS[row][:-1], "train": ROWS[row][:-2], "none": []}[rule]
        eligible = [item for item in range(1, 10) if item not in hidden]
        slow = sorted(eligible, key=lambda item: -scores[row, item])[:length]
        assert found == slow + [0] * (length - len(slow))


def test_a_target_that_was_had_before_stands_in_no_list(make_split):
    split = make_split([[1, 2, 1]], 3)
    assert lists(split, torch.tensor([[0.0, 3, 2, 1, 0]]), length=2) == [[3, 0]]


def test_negative_and_infinite_scores_and_both_zeros_are_in_order(make_split):
    inf = torch.inf
    split = make_split([[8, 8, 8]], 8)
    scores = torch.tensor([[9.0, -1e-30, -inf, 2.5, -3, inf, 1e-30, -2, 9, 9]])
    assert lists(split, scores, length=8) == [[5, 3, 6, 1, 7, 4, 2, 0]]
    zeros = torch.tensor([[0.0, -0.0, 0.0, -0.0, 0.0, -1, -1, -1, 0, 0]])
    found = {tuple(lists(split, zeros, length=4, seed=seed)[0]) for seed in range(99)}
    assert {tuple(sorted(one)) for one in found} == {(1, 2, 3, 4)}
    assert len(found) > 12


def test_every_order_of_ties_is_about_as_likely_as_any_other(make_split):
    split = make_split([[4, 5, 6]] * 6000, 6)
    found = lists(split, torch.tensor([[0.0, 1, 1, 1, 2, 0, 0, 0]]).expand(6000, -1), length=3)
    orders = Counter(map(tuple, found))
    assert set(orders) == set(permutations([1, 2, 3]))
    # One linear function a row: pairs are in either order with the same probability, orders of
    # three only nearly so.
    for one, other in ((1, 2), (2, 3), (1, 3)):
        before = sum(order.index(one) < order.index(other) for order in found)
        assert chisquare([before, 6000 - before]).pvalue > 1e-4
    assert min(orders.values()) > 600


def test_a_list_does_not_depend_on_the_other_cases_or_on_the_batch(make_split, make_info):
    split = make_split([[1 + row % 5, 2, 3 + row % 7] for row in range(23)], 40)

    class Flat:
        def scores(self, cases, history):
            return torch.zeros(len(cases.ids), 42)

    def run(batch_size):
        kept = []
        evaluator = Spy(kept)
        store = CaseStore(split, split.test)
        evaluate(Flat(), store, {"spy": evaluator}, max_len=5, seed=0, batch_size=batch_size)
        return kept[0]

    usual = run(512)
    assert usual.items.tolist() == run(1).items.tolist() == run(7).items.tolist()
    assert usual.items.shape == (23, 6)
    trained = torch.bincount(torch.tensor([1 + row % 5 for row in range(23)]), minlength=42)
    assert usual.item_counts.tolist() == trained.tolist()


class Spy:
    """Keeps the lists it is shown."""

    protocol, top_lists = "spy", ("seen", 6)

    def __init__(self, kept):
        self.kept = kept

    def candidates(self, cases, rng):
        return None

    def __call__(self, ranking):
        self.kept.append(ranking.lists())


def test_chance_recommends_everything_about_equally_often(make_split):
    """Ties are no favour to the items that come first: a constant model covers the catalogue."""
    split = make_split([[1, 2, 3]] * 500, 53)

    class Flat:
        def scores(self, cases, history):
            return torch.zeros(len(cases.ids), 55)

    evaluator = Full(cutoffs=(10,), beyond_accuracy=("coverage", "gini"))
    store = CaseStore(split, split.test)
    found = evaluate(Flat(), store, {"full": evaluator}, max_len=5, seed=0)["full"].values
    assert found["coverage@10"].value == 51 / 53
    # 500 x 10 of 51 items: about 98 each, s.d. 9; two of 53 have none.
    assert found["gini@10"].value == pytest.approx(2 / 53 + 0.05, abs=0.02)


def test_an_evaluator_that_asked_for_no_lists_has_none():
    ranking = CountedRanking(seed=0, standings={}, drawn=None)
    with pytest.raises(ValueError, match="asked for no lists: it has no top_lists"):
        ranking.lists()
    assert Full().top_lists is None
    assert Full(exclude="none", beyond_accuracy=("gini",), cutoffs=(3, 7)).top_lists == ("none", 7)


def test_items_are_recommended_by_the_evaluator_as_numpy_would_sort_them(make_split):
    rng = np.random.default_rng(0)
    split = make_split([rng.permutation(60)[:8] + 1 for _ in range(40)], 60)
    table = torch.from_numpy(rng.normal(size=(40, 62)).astype(np.float32))

    class Table:
        def scores(self, cases, history):
            return table[cases.rows]

    evaluator = Full(cutoffs=(5,), beyond_accuracy=("popularity", "coverage"))
    store = CaseStore(split, split.test)
    found = evaluate(Table(), store, {"full": evaluator}, max_len=5, seed=0)["full"]
    counts = store.item_counts.numpy()
    slow = []
    for row in range(40):
        history = split.store.items[8 * row : 8 * row + 7]
        eligible = np.setdiff1d(np.arange(1, 61), history)
        slow.append(eligible[np.argsort(-table[row, eligible].numpy())][:5])
    assert found.per_case["popularity@5"] == pytest.approx([counts[top].mean() for top in slow])
    assert found.values["coverage@5"].value == len(np.unique(slow)) / 60


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 12), st.integers(1, 6))
def test_lists_by_blocks_equal_a_slow_sort_with_ties(seed, items, length, block):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(-3, 4, (4, items + 2), generator=generator).float()
    hidden = torch.rand((4, items), generator=generator) < 0.3
    owners, excluded = hidden.nonzero().T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(top_lists, "_BLOCK", block)
        found = first_items(scores, excluded + 1, owners, length).tolist()
    for row in range(4):
        eligible = [item for item in range(1, items + 1) if not hidden[row, item - 1]]
        slow = sorted(eligible, key=lambda item: (-scores[row, item], item))[:length]
        assert found[row] == slow + [0] * (length - len(slow))
