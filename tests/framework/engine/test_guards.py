"""What a plugin must never give is caught while a run starts, with user and item named."""

import attrs
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fw import Batch, Negatives, Sequences
from fw.data.split import CaseList
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import evaluate
from fw.engine.faults.guards import (
    check_candidates,
    check_item_weights,
    check_negatives,
    check_split,
    count_doubled,
)
from fw.errors import PluginError

ROWS = [[4, 2, 4, 9], [7, 1, 1, 3, 5], [3, 5, 8]]


@pytest.fixture
def split(make_split):
    return make_split(ROWS, 9)


def wrong(split, **changes):
    with pytest.raises(ValueError, match=r".") as caught:
        check_split(attrs.evolve(split, **changes))
    return str(caught.value)


def cases(rows, ends):
    return CaseList(np.array(rows), np.array(ends))


def test_a_sound_split_passes_and_so_does_one_of_nobody(split):
    check_split(split)
    nobody = cases(np.array([], dtype=int), np.array([], dtype=int))
    check_split(attrs.evolve(split, valid=nobody, test=nobody))


def test_a_validation_item_is_never_trained_on(split):
    assert wrong(split, train_lengths=np.array([2, 4, 1])) == (
        "the validation target of user 'user 1', item '3', is one of the 4 items that this user is "
        "trained on"
    )


def test_a_test_item_is_never_trained_on(split):
    changes = {"train_lengths": np.array([4, 3, 1]), "valid": cases([1], [3])}
    assert wrong(split, **changes).startswith("the test target of user 'user 0', item '9', is one")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train_lengths": np.array([2, 3, 4])},
            "train_lengths must lie between 0 and the lengths of the rows",
        ),
        (
            {"valid": cases([3], [1])},
            "a validation case has a row that does not exist: 0 to 2",
        ),
        ({"test": cases([2], [3])}, "a test case has a target beyond the items of its row"),
        ({"test": cases([2], [-1])}, "a test case has a target beyond the items of its row"),
    ],
)
def test_cases_that_do_not_exist_are_refused(split, changes, message):
    assert wrong(split, **changes) == message


@pytest.mark.parametrize("item", [0, 10, 99, -1])
def test_case_B61_a_number_that_is_no_item_is_refused_with_its_user(split, item):
    items = split.store.items.copy()
    items[5] = item
    assert wrong(split, store=attrs.evolve(split.store, items=items)) == (
        f"item {item} of user 'user 1' is no number of an item: 1 to 9"
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "bool"])
def test_case_B61_items_are_whole_numbers(split, dtype):
    store = attrs.evolve(split.store, items=split.store.items.astype(dtype))
    assert wrong(split, store=store) == f"items must be whole numbers (int32), found {dtype}"


def batch_of(targets):
    targets = torch.tensor(targets)
    lengths = (targets > 0).sum(1)
    sequences = Sequences(targets, lengths, torch.arange(len(targets)))
    return Batch(sequences, sequences, sequences)


def negatives(items, collides=None):
    items = torch.tensor(items)
    shape = items.shape if items.dim() == 3 else (2, 2, len(items))
    no = torch.zeros(shape, dtype=torch.bool)
    return Negatives(items, torch.zeros(items.shape), no if collides is None else collides)


def refused(found, make_info):
    with pytest.raises(ValueError, match=r".") as caught:
        check_negatives(found, batch_of([[3, 4], [5, 0]]), make_info([[3, 4], [5]], 9))
    return str(caught.value)


def test_a_target_among_its_own_negatives_is_refused(make_info):
    assert refused(negatives([[[1, 2], [2, 4]], [[1, 2], [3, 4]]]), make_info) == (
        "a target of user 'user 0', item 4, is among its own negatives, and collides does not say "
        "so"
    )
    assert refused(negatives([8, 5, 2]), make_info).startswith("a target of user 'user 1', item 5,")


def test_negatives_that_are_no_items_are_refused(make_info):
    assert refused(negatives([[[1, 2], [2, 1]], [[1, 10], [3, 4]]]), make_info) == (
        "negative 10 of user 'user 1' is no item: 1 to 9"
    )


def test_case_B61_negatives_are_whole_numbers(make_info):
    assert refused(negatives([8.0, 6.0]), make_info) == (
        "items in the negatives must be int64, found float32"
    )


def test_a_negative_that_is_said_to_collide_or_stands_against_no_target_is_no_fault(make_info):
    items = torch.tensor([[[3, 2], [2, 1]], [[1, 2], [0, 99]]])
    collides = torch.zeros(2, 2, 2, dtype=torch.bool)
    collides[0, 0, 0] = True
    check_negatives(
        Negatives(items, torch.zeros(2, 2, 2), collides),
        batch_of([[3, 4], [5, 0]]),
        make_info([[3, 4], [5]], 9),
    )


@given(st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=4))
def test_a_candidate_is_doubled_if_one_before_it_is_the_same(draws):
    slow = [sum(item in one[:at] for at, item in enumerate(one) if item) for one in draws]
    assert count_doubled(torch.tensor([draws])).tolist() == [slow]


class Drawer:
    """Draws for every case what it was made with."""

    protocol = "mine"

    def __init__(self, *items, **attributes):
        self.items = items
        self.__dict__.update(attributes)

    def candidates(self, cases, rng):
        return torch.tensor(self.items).expand(len(cases.ids), 1, -1)

    def __call__(self, ranking):
        return ranking.among_candidates()


@pytest.mark.parametrize(
    ("items", "what"),
    [
        ((1, 2, 9), "the target among its own candidates"),
        ((1, 2, 1), "a candidate twice for one case"),
    ],
)
def test_candidates_are_unique_and_without_the_target(split, items, what):
    with pytest.raises(PluginError) as caught:
        scored(split, Drawer(*items))
    name = f"evaluator {Drawer.__module__}.Drawer"
    assert str(caught.value) == (f"{name} drew {what}; if it may, set repeats_candidates = True")
    found = scored(split, Drawer(*items, repeats_candidates=True))
    assert (found.copies.sum() + found.doubled.sum()).item() >= 1


def test_a_place_without_a_candidate_may_come_twice(split):
    assert scored(split, Drawer(1, 0, 0)).counts.eligible.tolist() == [[1], [1], [1]]


def test_candidates_that_are_no_items_are_refused():
    with pytest.raises(PluginError, match="drew candidates that are no items: 0 \\(none\\) to 9"):
        check_candidates(torch.tensor([[[1, 10]]]), torch.tensor([3]), 9, Drawer())


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        (torch.ones(11), "[11] float32, the smallest 1.0"),
        (torch.ones(10, dtype=torch.int64), "[10] int64, the smallest 1"),
        (torch.full((11,), -2), "[11] int64, the smallest -2"),
    ],
)
def test_weights_of_items_are_whole_numbers_of_all_items(weights, found):
    with pytest.raises(PluginError) as caught:
        check_item_weights(weights, 9, Drawer())
    assert str(caught.value) == (
        f"item_weights of evaluator {Drawer.__module__}.Drawer must be [11] int64 (items, PAD and "
        f"mask token), none negative; found {found}"
    )
    check_item_weights(torch.zeros(11, dtype=torch.int64), 9, Drawer())


def scored(split, drawer):
    class Flat:
        def scores(self, cases, history):
            return torch.zeros(len(cases.ids), 11)

    store = CaseStore(split, split.test)
    return evaluate(Flat(), store, {"mine": drawer}, max_len=5, seed=0)["mine"]
