"""Equal, equal up to renaming, or different and where; checked against trying every renaming."""

from itertools import permutations

import attrs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fw.config.slots import DatasetSlot
from fw.data.compare import compare, find_renaming
from fw.data.files import read_file
from fw.data.prepare import prepare
from fw.data.sequences import SequenceStore


def store_of(sequences, users=None):
    """Make a store of users' item numbers, the items being all that occur."""
    items, codes = np.unique(np.concatenate(sequences), return_inverse=True)
    lengths = [len(sequence) for sequence in sequences]
    return SequenceStore(
        items=(codes + 1).astype(np.int32),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        source_rows=np.arange(len(codes)),
        user_ids=np.array(users or [f"u{row}" for row in range(len(lengths))], dtype=object),
        item_ids=np.array([f"i{item}" for item in items], dtype=object),
    )


def renamed(store, rng):
    """Return the store with users shuffled, items numbered anew, and other names for all."""
    order = rng.permutation(store.num_users)
    numbers = np.append(0, rng.permutation(store.num_items) + 1)
    parts = np.split(store.items, store.offsets[1:-1])
    return SequenceStore(
        items=numbers[np.concatenate([parts[row] for row in order])].astype(np.int32),
        offsets=np.concatenate([[0], store.lengths[order].cumsum()]),
        source_rows=store.source_rows,
        user_ids=np.array([f"person {row}" for row in range(store.num_users)], dtype=object),
        item_ids=np.array([f"thing {item}" for item in range(store.num_items)], dtype=object),
    )


def slow_same_up_to_renaming(first, second):
    """Try every way of naming the second's items."""
    names = sorted({item for sequence in second for item in sequence})
    wanted = sorted(map(tuple, first))
    for order in permutations(sorted({item for sequence in first for item in sequence})):
        naming = dict(zip(names, order, strict=False))
        same_count = len(naming) == len(names) == len(order)
        if same_count and sorted(tuple(map(naming.get, one)) for one in second) == wanted:
            return True
    return False


data = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), min_size=1, max_size=5)


def of_lengths(lengths):
    return st.tuples(*(st.lists(st.integers(0, 2), min_size=n, max_size=n) for n in lengths))


alike = st.lists(st.integers(1, 3), min_size=1, max_size=4).flatmap(
    lambda lengths: st.tuples(of_lengths(lengths), of_lengths(lengths))
)


@settings(max_examples=200)
@given(alike)
def test_a_renaming_is_found_exactly_if_trying_all_of_them_finds_one(pair):
    first, second = pair
    found = find_renaming(store_of(first), store_of(second)) is not None
    assert found == slow_same_up_to_renaming(first, second)


@settings(max_examples=60)
@given(data, st.integers(0, 1000))
def test_a_renamed_data_set_is_recognised_and_every_user_gets_one_partner(sequences, seed):
    store = store_of(sequences)
    other = renamed(store, np.random.default_rng(seed))
    assert compare(store, other).verdict == "renamed"
    found = find_renaming(store, other)
    assert sorted(found.partners) == list(range(store.num_users))
    assert not found.is_ambiguous().any()


def test_users_that_only_their_company_tells_apart_are_paired_by_trial():
    """Six users in a ring of six items, or in two rings of three: all look alike at first."""

    def ring(items):
        return [[one, other] for one, other in zip(items, [*items[1:], items[0]], strict=True)]

    one_ring, two_rings = ring([0, 1, 2, 3, 4, 5]), ring([0, 1, 2]) + ring([3, 4, 5])
    rng = np.random.default_rng(0)
    assert find_renaming(store_of(one_ring), store_of(two_rings)) is None
    assert find_renaming(store_of(one_ring), renamed(store_of(one_ring), rng)) is not None
    assert find_renaming(store_of(two_rings), renamed(store_of(two_rings), rng)) is not None


def test_the_same_names_and_order_are_equal_wherever_users_stand(make_store):
    a = make_store({"A": "x y z", "B": "y x"})
    b = make_store({"B": "y x", "A": "x y z"})
    found = compare(a, b)
    assert (found.verdict, found.message) == ("equal", "equal: the same users, items and order")
    assert (found.user, found.position) == (None, None)


def test_a_renaming_is_said_to_be_one(make_store):
    found = compare(make_store({"A": "x y x"}), make_store({"B": "p q p"}))
    assert found.verdict == "renamed"
    assert found.message == "equal up to renaming: users or items are called otherwise"


@pytest.mark.parametrize(
    ("second", "message", "place"),
    [
        (
            {"A": "x y z", "B": "y z"},
            "different: user 'B', position 1 (from 0): item 'x', in the second item 'z'",
            ("B", 1),
        ),
        (
            {"A": "x y", "B": "y x"},
            "different: user 'A', position 2 (from 0): item 'z', in the second nothing\n"
            "    first: 2 users, 3 items, 5 interactions; second: 2 users, 2 items, 4 interactions",
            ("A", 2),
        ),
        (
            {"A": "x y z z", "B": "y x"},
            "different: user 'A', position 3 (from 0): nothing, in the second item 'z'\n"
            "    first: 2 users, 3 items, 5 interactions; second: 2 users, 3 items, 6 interactions",
            ("A", 3),
        ),
        (
            {"A": "x y z"},
            "different: user 'B' is in the first alone\n"
            "    first: 2 users, 3 items, 5 interactions; second: 1 users, 3 items, 3 interactions",
            ("B", 0),
        ),
        (
            {"A": "x y z", "B": "y x", "C": "x"},
            "different: user 'C' is in the second alone\n"
            "    first: 2 users, 3 items, 5 interactions; second: 3 users, 3 items, 6 interactions",
            ("C", None),
        ),
    ],
)
def test_the_first_difference_is_named(make_store, second, message, place):
    found = compare(make_store({"A": "x y z", "B": "y x"}), make_store(second))
    assert found.message == message
    assert (found.verdict, found.user, found.position) == ("different", *place)


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_one_changed_item_is_found_under_other_names_and_in_another_order(seed):
    rng = np.random.default_rng(seed)
    store = store_of([rng.permutation(30)[: rng.integers(8, 20)] for _ in range(60)])
    row = int(rng.integers(60))
    position = int(rng.integers(store.lengths[row]))
    at = store.offsets[row] + position
    had = store.items[store.offsets[row] : store.offsets[row + 1]]
    items = store.items.copy()
    items[at] = rng.choice(np.setdiff1d(np.arange(1, 31), had))
    assume(len(np.unique(items)) == 30)
    found = compare(store, renamed(attrs.evolve(store, items=items), rng))
    assert (found.verdict, found.user, found.position) == ("different", f"u{row}", position)


def test_where_nothing_corresponds_that_is_said():
    rng = np.random.default_rng(0)
    a, b = (store_of([rng.permutation(30)[:10] for _ in range(count)]) for count in (40, 50))
    found = compare(a, renamed(b, rng))
    assert found.message == (
        "different: no way was found in which users and items might correspond\n"
        "    first: 40 users, 30 items, 400 interactions; "
        "second: 50 users, 30 items, 500 interactions"
    )
    assert (found.user, found.position) == (None, None)


@pytest.mark.parametrize(
    "file", ["ml-1m/interactions.txt.gz", "beauty/sequences.txt.gz", "video/interactions.txt.gz"]
)
def test_real_data_is_recognised_under_other_names(real_data, file):
    store, _ = prepare(read_file(real_data / file), DatasetSlot())
    rng = np.random.default_rng(0)
    assert compare(store, renamed(store, rng)).verdict == "renamed"
    items = store.items.copy()
    items[1000:1002] = items[1000:1002][::-1]
    found = compare(store, renamed(attrs.evolve(store, items=items), rng))
    row = int(store.rows[1000])
    place = (store.user_ids[row], 1000 - store.offsets[row])
    assert (found.verdict, found.user, found.position) == ("different", *place)
