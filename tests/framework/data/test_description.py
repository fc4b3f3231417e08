"""What is said of a data set: counts by hand, and the counts that are published."""

import json

import pytest

from fw.config.slots import DatasetSlot
from fw.data.description import describe
from fw.data.fingerprints import fingerprint_cleaned, fingerprint_split
from fw.data.places import Places
from fw.data.prepare import Loaded, prepare
from fw_plugins.datasets.movielens import MovieLens
from fw_plugins.splitters.leave_one_out import LeaveOneOut


def loaded(interactions, **more):
    store, report = prepare(interactions, DatasetSlot())
    prints = {"files": {}, "cleaned": fingerprint_cleaned(store)}
    return Loaded(
        name="mine",
        store=store,
        report=report,
        fingerprints=prints,
        **more,
    )


def test_counts_are_those_that_one_counts_by_hand(make_interactions):
    rows = [("A", "x", 1), ("A", "y", 1), ("A", "x", 2), ("B", "x", 1)]
    found = describe(loaded(make_interactions(rows, rating=[1, 2, 3, 4])))
    assert (found["users"], found["items"], found["interactions"]) == (2, 2, 4)
    assert found["density"] == 1.0
    assert found["user_lengths"] == {
        "mean": 2.0,
        "min": 1.0,
        "5%": pytest.approx(1.1),
        "25%": 1.5,
        "median": 2.0,
        "75%": 2.5,
        "95%": pytest.approx(2.9),
        "max": 3.0,
    }
    assert (found["item_counts"]["min"], found["item_counts"]["max"]) == (1.0, 3.0)
    assert found["repeats"] == {"rows": 1, "users": 1}
    assert found["columns"] == ["rating"]
    assert found["fallback"] is None
    assert found["cleaning"]["source_rows"] == found["cleaning"]["rows"] == 4


def test_ties_are_rows_at_the_time_of_a_neighbour_of_the_same_user(make_interactions):
    rows = [("A", "x", 1), ("A", "y", 1), ("A", "z", 1), ("A", "u", 2)]
    rows += [("B", "x", 2), ("B", "y", 3), ("B", "z", 3), ("C", "x", 3)]
    found = describe(loaded(make_interactions(rows)))
    assert found["ties"] == {"rows": 5, "users_with_last_two_tied": 1}


def test_without_times_nothing_is_said_of_ties(make_interactions):
    assert describe(loaded(make_interactions([("A", "x")])))["ties"] is None


def test_a_fallback_is_recorded_with_its_reason(make_interactions):
    made = loaded(make_interactions([("A", "x")]), instead_of="theirs", reason="gone")
    assert describe(made)["fallback"] == {"instead_of": "theirs", "reason": "gone"}


def test_a_split_is_described_and_fingerprinted_and_all_of_it_is_json(make_interactions):
    made = loaded(make_interactions([("A", item, time) for time, item in enumerate("abcd")]))
    split = LeaveOneOut()(made.store)
    found = describe(made, split)
    assert found["split"] == split.report
    assert found["fingerprints"]["split"] == fingerprint_split(split)
    assert "split" not in made.fingerprints
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_case_B42_ties_of_movielens_100k(real_data):
    found = describe(loaded(MovieLens(variant="100k").load(Places(real_data))))
    assert (found["users"], found["items"], found["interactions"]) == (943, 1682, 100_000)
    assert found["ties"] == {"rows": 75_772, "users_with_last_two_tied": 415}
