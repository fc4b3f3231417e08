"""Whether the order of a data set means anything."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from fw.config.slots import DatasetSlot
from fw.data import order
from fw.data.findings import Patient
from fw.data.prepare import prepare
from fw_plugins.splitters.leave_one_out import LeaveOneOut


@pytest.fixture
def patient(make_interactions):
    """A function from rows (user, item, time) to a data set as the checks see it."""

    def patient(rows):
        store, cleaning = prepare(make_interactions(rows), DatasetSlot())
        splitter = LeaveOneOut()
        return Patient(split=splitter(store), resplit=splitter, cleaning=cleaning, max_len=10)

    return patient


def histories(number, make):
    """Rows of users u0, u1 ... with the items that ``make`` says, one a moment."""
    return [
        (f"u{user}", f"i{item}", time)
        for user in range(number)
        for time, item in enumerate(make(user))
    ]


def in_a_circle(user, length=8, items=40):
    return [(user + step) % items for step in range(length)]


def test_rows_out_of_order_are_counted_by_user(patient):
    rows = [
        ("A", "a", 3),
        ("A", "b", 1),
        ("A", "c", 2),
        ("B", "a", 1),
        ("C", "a", 2),
        ("B", "b", 2),
    ]
    (found,) = order.check_unsorted(patient(rows))
    assert found.counts == {"users": 1, "steps_back": 1}
    assert not found.serious
    assert found.message == (
        "the rows of 1 of 3 users do not stand in the order of time in the source, and were sorted"
    )
    assert not list(order.check_unsorted(patient([("A", "a", 1), ("B", "a", 0), ("A", "b", 2)])))


def test_gaps_between_ids_that_are_numbers_are_counted(patient):
    rows = [("1", "10", 1), ("2", "12", 2), ("4", "15", 3)]
    users, items = order.check_gaps(patient(rows))
    assert users.counts == {"missing": 1, "used": 3}
    assert items.counts == {"missing": 3, "used": 3}
    assert items.message == (
        "item ids are numbers with gaps: 3 of 6 from the smallest to the largest are not in use"
    )


@pytest.mark.parametrize("ids", [("1", "2", "3"), ("1", "2", "x4"), ("1", "2", "9000000")])
def test_without_gaps_or_a_numbering_there_is_nothing_to_say_of_ids(patient, ids):
    assert not list(order.check_gaps(patient([(one, one, 1) for one in ids])))


def test_an_order_that_tells_what_comes_next_is_no_suspicion(patient):
    (found,) = order.check_order(patient(histories(200, in_a_circle)))
    assert found.name == "order"
    assert found.counts["ordered"] == 1
    assert found.counts["shuffled"] < 0.9
    assert not found.serious
    assert found.message.startswith(
        "100.0% of the validation targets are among the 10 items that most often came right after "
        "the newest one in training; with every history shuffled "
    )


def test_histories_that_were_shuffled_are_suspicious(patient):
    rng = np.random.default_rng(0)
    (found,) = order.check_order(
        patient(histories(300, lambda user: rng.permutation(in_a_circle(user, 12))))
    )
    assert (found.name, found.serious) == ("suspicious_order", True)
    assert found.message.endswith(": the order tells nothing")


def test_too_few_cases_say_nothing_of_the_order(patient):
    assert not list(order.check_order(patient(histories(99, in_a_circle))))
    assert list(order.check_order(patient(histories(100, in_a_circle))))


def test_shuffling_keeps_every_training_part_and_all_that_is_held_out(patient):
    split = patient(histories(30, in_a_circle)).split
    store, shuffled = split.store, order._shuffled(split)
    for row in range(30):
        start, cut, end = store.offsets[row], store.offsets[row] + 6, store.offsets[row + 1]
        assert sorted(shuffled[start:cut]) == sorted(store.items[start:cut])
        assert shuffled[cut:end].tolist() == store.items[cut:end].tolist()
    assert (shuffled != store.items).mean() > 0.4


def test_hits_equal_a_slow_count_of_successors(patient, monkeypatch):
    monkeypatch.setattr(order, "_SUCCESSORS", 2)
    rng = np.random.default_rng(1)
    split = patient(histories(120, lambda user: rng.integers(0, 12, 9))).split
    rows = [split.store.items[9 * row : 9 * row + 9].tolist() for row in range(120)]
    popularity = Counter(item for row in rows for item in row[:7])
    successors = defaultdict(Counter)
    for row in rows:
        for before, after in pairwise(row[:7]):
            successors[before][after] += 1

    def likeliest(item):
        found = successors[item]
        # What is equal in both is taken by number.
        return sorted(found, key=lambda one: (-found[one], -popularity[one], one))[:2]

    slow = [row[7] in likeliest(row[6]) for row in rows]
    assert order._hits(split, split.store.items).tolist() == slow
    assert 0 < sum(slow) < 120
