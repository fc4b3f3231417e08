"""What is said of a data set that can make results wrong."""

import numpy as np
import pytest

from fw.config.slots import DatasetSlot
from fw.data.doctor import examine
from fw.data.findings import Patient
from fw.data.prepare import prepare
from fw_plugins.splitters.leave_one_out import LeaveOneOut
from fw_plugins.splitters.time_split import TimeSplit


@pytest.fixture
def findings(make_interactions):
    """A function from rows to what is found, by name."""

    def findings(rows, *, max_len=10, splitter=None):
        store, cleaning = prepare(make_interactions(rows), DatasetSlot())
        splitter = splitter or LeaveOneOut()
        patient = Patient(
            split=splitter(store), resplit=splitter, cleaning=cleaning, max_len=max_len
        )
        return {finding.name: finding for finding in examine(patient)}

    return findings


def user(name, items, times=None):
    times = range(len(items)) if times is None else times
    return [(name, item, time) for item, time in zip(items, times, strict=True)]


def test_case_B42_ties_are_counted_with_the_test_targets_that_hang_on_them(findings):
    rows = [*user("A", "abcd", (1, 2, 3, 3)), *user("B", "abcd", (1, 1, 2, 3))]
    found = findings(rows)["tied_times"]
    assert found.counts == {"interactions": 4, "test_targets_changed": 1}
    assert found.serious
    assert found.message == (
        "4 of 8 interactions have the same time as another of their user, and stand in the order "
        "of the source; with ties the other way round 1 of 2 test targets would be other items"
    )


def test_ties_in_training_alone_are_not_serious(findings):
    assert not findings(user("A", "abcd", (1, 1, 2, 3)))["tied_times"].serious


def test_ties_are_told_of_a_time_split_too(findings):
    rows = [*user("A", "abcd", (1, 2, 5, 5)), *user("B", "abcd", (1, 2, 3, 6))]
    found = findings(rows, splitter=TimeSplit(cut=4, valid_cut=2))["tied_times"]
    assert found.counts["test_targets_changed"] == 1


def test_without_times_the_order_of_the_rows_is_named(findings):
    found = findings([("A", item) for item in "abc"])
    assert "tied_times" not in found
    assert found["no_times"].message == (
        "there are no times: the order of the rows is taken for the order in time"
    )


def test_duplicates_and_repeats_are_counted(findings):
    rows = [*user("A", "abca"), ("A", "a", 0), *user("B", "abcd")]
    found = findings(rows)
    assert found["duplicates"].counts == {"found": 1, "dropped": 1}
    assert found["repeats"].counts == {"interactions": 1, "test_targets": 1}
    assert found["repeats"].message == (
        "1 interactions are with an item that the user had before, 1 test targets among them; a "
        "target is never excluded"
    )


def test_users_below_the_minimum_and_cold_targets_are_counted(findings):
    found = findings([*user("A", "abcz"), *user("B", "ab"), *user("C", "cab")])
    assert found["users_not_evaluated"].message == (
        "1 of 3 users have no test case (leave one out; users with fewer than 3 items are only "
        "trained on)"
    )
    assert found["cold_targets"].counts == {"valid": 0, "test": 1}
    assert found["cold_targets"].serious


def test_the_future_in_the_training_is_told(findings):
    rows = [*user("A", "abcd"), *user("B", "abcd", (10, 11, 12, 13))]
    assert findings(rows)["future_in_training"].message == (
        "25.0% of the training rows are later than a test target, in the mean"
    )
    split = TimeSplit(cut=10, valid_cut=2)
    assert "future_in_training" not in findings(rows, splitter=split)


def test_histories_that_are_cut_are_counted_with_a_length_that_would_do(findings):
    found = findings([*user("A", "abcdefgh"), *user("B", "abcd")], max_len=3)["cut_histories"]
    assert found.counts == {"users": 1, "interactions": 3}
    assert found.message == (
        "1 users have more than max_len = 3 training items; 3 of 8 training interactions are never "
        "seen"
    )
    assert found.advice == "max_len = 6 would be enough for 95 % of the users"


def test_the_skew_of_popularity_equals_a_slow_count(findings):
    rows = [*user("A", "abcd"), *user("B", "abc"), *user("C", "abx"), *user("D", "ayz")]
    counts = np.array([4, 3, 2, 1, 1, 1, 1])
    pairs = np.abs(counts[:, None] - counts).sum() / (2 * len(counts) * counts.sum())
    found = findings(rows)["popularity"]
    assert found.counts == {"top_1_percent": 4 / 13, "gini": pytest.approx(pairs)}
    assert found.message == (
        "the most popular 1 % of the items make up 30.8% of the interactions (Gini coefficient "
        f"{pairs:.2f})"
    )


def test_a_healthy_data_set_is_only_told_its_popularity(findings):
    rows = [*user("A", "abcd", (0, 2, 4, 6)), *user("B", "cdab", (1, 2, 3, 7))]
    assert list(findings(rows, splitter=TimeSplit(cut=4, valid_cut=2))) == ["popularity"]
