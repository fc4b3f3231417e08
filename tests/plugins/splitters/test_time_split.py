"""The time split: what is trained on, validated and tested, and what leaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.config.slots import DatasetSlot
from fw.data.places import Places
from fw.data.prepare import prepare
from fw.errors import DataError
from fw_plugins.datasets.movielens import MovieLens
from fw_plugins.splitters.leave_one_out import LeaveOneOut
from fw_plugins.splitters.time_split import TimeSplit

# A: before 4 | 4 to 6 | after 6;  B comes in the middle;  C is new after the test's cut.
ROWS = [
    *(("A", item, time) for item, time in zip("abcdef", (1, 2, 4, 5, 7, 8), strict=True)),
    *(("B", item, time) for item, time in zip("bcg", (5, 6, 9), strict=True)),
    *(("C", item, time) for item, time in zip("ah", (7, 9), strict=True)),
    ("D", "d", 3),
]


@pytest.fixture
def store(make_interactions):
    return prepare(make_interactions(ROWS), DatasetSlot())[0]


def cases(split, chosen):
    """Return (user, history, target) of cases, in raw ids."""
    store, found = split.store, []
    for row, end in zip(chosen.rows, chosen.ends, strict=True):
        start = store.offsets[row]
        names = [store.item_ids[item - 1] for item in store.items[start : start + end + 1]]
        found.append((store.user_ids[row], "".join(names[:-1]), names[-1]))
    return found


def split_at(store, target):
    return TimeSplit(cut=6, valid_cut=4, target=target)(store)


def test_every_user_is_trained_up_to_the_same_moment(store):
    split = split_at(store, "last")
    lengths = dict(zip(store.user_ids, split.train_lengths.tolist(), strict=True))
    assert lengths == {"A": 3, "B": 0, "C": 0, "D": 1}


@pytest.mark.parametrize(
    ("target", "valid", "test"),
    [
        (
            "last",
            [("A", "abc", "d"), ("B", "b", "c")],
            [("A", "abcde", "f"), ("B", "bc", "g"), ("C", "a", "h")],
        ),
        ("first", [("A", "abc", "d")], [("A", "abcd", "e"), ("B", "bc", "g")]),
        (
            "all",
            [("A", "abc", "d"), ("B", "b", "c")],
            [("A", "abcd", "e"), ("A", "abcde", "f"), ("B", "bc", "g"), ("C", "a", "h")],
        ),
    ],
)
def test_targets_come_after_the_cuts_with_all_that_was_before_them(store, target, valid, test):
    split = split_at(store, target)
    assert cases(split, split.valid) == valid
    assert cases(split, split.test) == test


def test_the_report_counts_who_and_what_is_new(store):
    report = dict(split_at(store, "last").report)
    assert report == {
        "rule": "time split; valid after 4, test after 6; target last",
        "evaluable_users": 3,
        "train_only_users": 1,
        "train_rows": 4,
        "train_pairs": 2,
        "cold_valid_targets": 0,
        "repeat_valid_targets": 0,
        "cold_test_targets": 3,
        "repeat_test_targets": 0,
        "train_rows_later_than_test": 0.0,
        "new_valid_users": 1,
        "new_valid_items": 0,
        "new_test_users": 1,
        "new_test_items": 4,
    }


def test_by_default_nine_tenths_are_before_the_test_and_nine_tenths_of_these_are_trained(
    make_interactions,
):
    rows = [(f"u{time % 7}", f"i{time}", time) for time in range(101)]
    split = TimeSplit()(prepare(make_interactions(rows), DatasetSlot())[0])
    assert split.report["rule"] == "time split; valid after 81, test after 90; target last"
    assert split.train_lengths.sum() == 82


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), min_size=3, max_size=40),
    st.sampled_from(["last", "first", "all"]),
)
def test_random_splits_equal_a_slow_one(rows, target):
    from fw.data.sequences import SequenceStore

    rows = sorted(rows)
    lengths = np.bincount([user for user, _ in rows], minlength=5)
    store = SequenceStore(
        items=np.arange(1, len(rows) + 1, dtype=np.int32),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        source_rows=np.arange(len(rows)),
        user_ids=np.array(list("ABCDE"), dtype=object),
        item_ids=np.array([str(i) for i in range(len(rows))], dtype=object),
        times=np.array([time for _, time in rows]),
    )
    split = TimeSplit(target=target, cut=8, valid_cut=4)(store)
    for chosen, low, high in ((split.valid, 4, 8), (split.test, 8, 99)):
        expected = []
        for user in range(5):
            times = [time for other, time in rows if other == user]
            after = [place for place, time in enumerate(times) if low < time <= high]
            wanted = {"last": after[-1:], "first": after[:1], "all": after}[target]
            expected += [(user, place) for place in wanted if place > 0]
        assert list(zip(chosen.rows.tolist(), chosen.ends.tolist(), strict=True)) == expected


def test_nothing_trained_on_is_later_than_a_test_target_unlike_in_leave_one_out(make_interactions):
    rows = [("A", item, time) for time, item in enumerate("abcd")]
    rows += [("B", item, time) for time, item in enumerate("abcd", start=10)]
    store = prepare(make_interactions(rows), DatasetSlot())[0]
    # Trained: 0, 1, 10, 11. Targets: 3 (two of four are later) and 13 (none).
    assert LeaveOneOut()(store).report["train_rows_later_than_test"] == 0.25
    split = TimeSplit(cut=10, valid_cut=1)(store)
    assert split.report["train_rows_later_than_test"] == 0.0


def test_without_times_nothing_is_said_of_the_leak_and_a_time_split_is_refused(make_store):
    store = make_store({"A": "a b c d"})
    assert "train_rows_later_than_test" not in LeaveOneOut()(store).report
    with pytest.raises(DataError) as caught:
        TimeSplit()(store)
    assert str(caught.value) == (
        "a time split needs times, and this data set has none: name its column of times, "
        'or split by name = "leave_one_out"'
    )


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_a_date_is_a_cut_in_the_units_of_the_data(make_interactions, unit):
    day = 86_400
    first = 978_307_200 * unit  # 2001-01-01T00:00:00Z
    rows = [("A", f"i{number}", first + number * day * unit) for number in range(6)]
    store = prepare(make_interactions(rows), DatasetSlot())[0]
    for cut in ("2001-01-04", "2001-01-04T01:00:00+01:00"):
        split = TimeSplit(cut=cut, valid_cut="2001-01-02")(store)
        assert (split.train_lengths.tolist(), len(split.valid), len(split.test)) == ([2], 1, 1)


@pytest.mark.parametrize(
    ("latest", "unit"),
    [
        (10**8, 1),
        (10**11 - 1, 1),
        (10**11, 10**3),
        (10**14 - 1, 10**3),
        (10**14, 10**6),
        (10**17 - 1, 10**6),
        (10**17, 10**9),
    ],
)
def test_the_latest_time_tells_the_unit_of_all(make_interactions, latest, unit):
    rows = [("A", "x", 0), ("A", "y", 1), ("A", "z", latest)]
    store = prepare(make_interactions(rows), DatasetSlot())[0]
    rule = TimeSplit(cut="1970-01-02", valid_cut=0)(store).report["rule"]
    assert rule == f"time split; valid after 0, test after {86_400 * unit}; target last"


def test_the_times_of_a_data_set_are_no_dates_up_to_1973(make_interactions):
    store = prepare(make_interactions([("A", "x", 0), ("A", "y", 10**8 - 1)]), DatasetSlot())[0]
    with pytest.raises(DataError, match="is a date, but the times of this data set"):
        TimeSplit(cut="1970-01-02")(store)


def test_a_date_says_nothing_about_numbers_that_are_no_dates(store):
    with pytest.raises(DataError) as caught:
        TimeSplit(cut="2001-01-04")(store)
    assert str(caught.value) == (
        "the cut '2001-01-04' is a date, but the times of this data set (1 to 9) are none: give "
        "the cut as an integer"
    )


def test_cuts_must_be_in_order_and_leave_something(store):
    with pytest.raises(DataError) as caught:
        TimeSplit(cut=5, valid_cut=6)(store)
    assert str(caught.value) == "valid_cut (6) must be before the test's cut (5)"
    with pytest.raises(DataError) as caught:
        TimeSplit(cut=0)(store)
    assert str(caught.value) == "nothing came up to the cut: there is nothing to train on"


def test_settings_are_refused_in_words():
    with pytest.raises(ValueError, match="cut must be an ISO date") as caught:
        TimeSplit(cut="next year")
    assert caught.value.args[0] == (
        "cut must be an ISO date such as 2001-12-31 or 2001-12-31T23:59:59, or an integer, "
        "found 'next year'"
    )
    with pytest.raises(ValueError, match="quantile must be greater than 0 and less than 1"):
        TimeSplit(quantile=1.0)


def test_times_of_movielens_100k_come_to_nine_tenths(real_data):
    store = prepare(MovieLens(variant="100k").load(Places(real_data)), DatasetSlot())[0]
    split = TimeSplit()(store)
    assert split.report["train_rows"] == pytest.approx(81_000, abs=50)
    assert split.report["train_rows_later_than_test"] == 0.0
    assert 0.3 < LeaveOneOut()(store).report["train_rows_later_than_test"] < 0.5
