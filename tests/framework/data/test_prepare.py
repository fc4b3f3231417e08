"""From interactions to the flat store: cleaned, in order, numbered; and the fallback."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fw.config.slots import DatasetSlot
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw.data.prepare import load, prepare
from fw.errors import DataError, DataNotFound

KEEP_ALL = DatasetSlot()


def sequences(store):
    """Return every user's raw items."""
    items = store.item_ids[store.items - 1]
    bounds = zip(store.offsets[:-1], store.offsets[1:], strict=True)
    return {
        user: list(items[start:stop])
        for user, (start, stop) in zip(store.user_ids, bounds, strict=True)
    }


def test_case_B41_rows_are_brought_into_the_order_of_int64_times(make_interactions):
    rows = [("A", "30", 881250960), ("A", "10", 881250949), ("A", "20", 881250950)]
    store, _ = prepare(make_interactions(rows), KEEP_ALL)
    assert sequences(store) == {"A": ["10", "20", "30"]}
    assert store.times.tolist() == [881250949, 881250950, 881250960]
    assert store.source_rows.tolist() == [1, 2, 0]


def test_case_B42_equal_times_keep_the_order_of_the_file(make_interactions):
    rows = [("A", "9", 100), ("A", "2", 100), ("A", "5", 100), ("A", "1", 50)]
    assert sequences(prepare(make_interactions(rows), KEEP_ALL)[0]) == {"A": ["1", "9", "2", "5"]}


def test_case_B42_the_numbering_of_ids_does_not_influence_the_order(make_interactions):
    rows = [("A", "9", 100), ("A", "2", 100), ("B", "2", 1), ("B", "9", 1)]
    interactions = make_interactions(rows)
    for order in (["2", "9"], ["9", "2"]):
        items = interactions.frame["item"].cat.reorder_categories(order)
        frame = interactions.frame.assign(item=items)
        store, _ = prepare(Interactions(frame=frame), KEEP_ALL)
        assert sequences(store) == {"A": ["9", "2"], "B": ["2", "9"]}


def test_case_B43_an_exact_duplicate_is_dropped_and_counted_a_later_repeat_is_kept(
    make_interactions,
):
    rows = [("A", "1", 10), ("A", "1", 10), ("A", "1", 20), ("A", "2", 15)]
    store, report = prepare(make_interactions(rows), KEEP_ALL)
    assert sequences(store) == {"A": ["1", "2", "1"]}
    assert report["duplicates"] == {"rule": "drop", "found": 1, "dropped_rows": 1}


def test_duplicates_may_be_kept_and_are_counted(make_interactions):
    rows = [("A", "1", 10), ("A", "1", 10)]
    store, report = prepare(make_interactions(rows), DatasetSlot(duplicates="keep"))
    assert sequences(store) == {"A": ["1", "1"]}
    assert report["duplicates"] == {"rule": "keep", "found": 1, "dropped_rows": 0}


def test_without_times_a_repeat_is_behaviour_not_a_duplicate(make_interactions):
    store, report = prepare(make_interactions([("A", "1"), ("A", "1")]), KEEP_ALL)
    assert sequences(store) == {"A": ["1", "1"]}
    assert report["duplicates"]["rule"] == "none: there are no times"
    assert store.times is None


def test_case_B47_minimum_counts_hold_for_users_and_items_and_are_reported(make_interactions):
    rows = [*("1A", "1B", "2A", "2B", "3B", "3C", "4C", "4D")]
    slot = DatasetSlot(min_user_count=2, min_item_count=2)
    store, report = prepare(make_interactions([(row[0], row[1]) for row in rows]), slot)
    assert sequences(store) == {"1": ["A", "B"], "2": ["A", "B"]}
    assert report["minimum_counts"] == {
        "min_user_count": 2,
        "min_item_count": 2,
        "passes": 4,
        "dropped_rows": 4,
        "dropped_users": 2,
        "dropped_items": 2,
    }


def test_case_B48_an_item_called_0_is_an_item_like_any_other(make_interactions):
    rows = [("a", item, time) for time, item in enumerate("01201")]
    rows += [("b", item, time) for time, item in enumerate("20120")]
    store, _ = prepare(make_interactions(rows), KEEP_ALL)
    assert sequences(store) == {"a": list("01201"), "b": list("20120")}
    assert store.num_items == 3
    assert store.items.min() == 1
    assert store.item_ids[store.items[0] - 1] == "0"


def test_ids_are_numbered_by_first_appearance_in_what_is_left(make_interactions):
    rows = [("z", "rare", 1), ("b", "y", 9), ("a", "x", 2), ("b", "x", 3), ("a", "y", 1)]
    store, _ = prepare(make_interactions(rows), DatasetSlot(min_item_count=2))
    assert store.user_ids.tolist() == ["b", "a"]
    assert store.item_ids.tolist() == ["y", "x"]
    assert store.items.dtype == np.int32
    assert store.source_rows.tolist() == [3, 1, 4, 2]


def test_number_columns_are_carried_along_text_is_not(make_interactions):
    rows = [("A", "x", 2), ("A", "y", 1)]
    more = {"rating": [3.5, 4.0], "clicks": [1, 2], "note": ["good", "bad"]}
    store, _ = prepare(make_interactions(rows, **more), KEEP_ALL)
    assert {name: column.tolist() for name, column in store.columns.items()} == {
        "rating": [4.0, 3.5],
        "clicks": [2, 1],
    }
    assert store.columns["rating"].dtype == np.float32


def test_titles_follow_the_numbering_and_a_missing_one_stays_empty(make_interactions):
    titles = pd.DataFrame({"title": ["X", "unused"]}, index=["x", "u"])
    interactions = make_interactions([("A", "y"), ("A", "x")])
    interactions = Interactions(frame=interactions.frame, item_frame=titles)
    frame = prepare(interactions, KEEP_ALL)[0].item_frame
    assert frame.index.tolist() == ["y", "x"]
    assert pd.isna(frame["title"].iloc[0])
    assert frame["title"].iloc[1] == "X"


def test_an_oracle_answers_in_the_order_of_the_store(make_interactions):
    interactions = make_interactions(
        [("A", "y"), ("A", "gone"), ("A", "x"), ("B", "x"), ("B", "y")]
    )
    categories = interactions.frame["item"].cat.categories.tolist()
    known = {"gone": 0.1, "x": 0.2, "y": 0.7}

    def oracle(rows):
        return np.tile([known[item] for item in categories], (len(rows), 1))

    interactions = Interactions(frame=interactions.frame, oracle=oracle)
    store, _ = prepare(interactions, DatasetSlot(min_item_count=2))
    assert store.item_ids.tolist() == ["y", "x"]
    assert store.oracle(np.array([0, 3])).tolist() == [[0.7, 0.2], [0.7, 0.2]]


def test_a_store_can_be_sent_to_another_process(make_interactions):
    store, _ = prepare(make_interactions([("A", "x", 1)], rating=[1.0]), KEEP_ALL)
    assert sequences(pickle.loads(pickle.dumps(store))) == {"A": ["x"]}


def test_nothing_left_is_an_error_that_names_the_rules(make_interactions):
    with pytest.raises(DataError) as raised:
        prepare(make_interactions([("A", "x")]), DatasetSlot(min_user_count=2))
    assert str(raised.value) == (
        "no interactions are left of 1: min_user_count = 2 and min_item_count = 0 drop all of them"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user": ["A"]}, "the frame of a data set needs a categorical column 'user'"),
        (
            {"item": pd.Categorical([7])},
            "the item ids of a data set must be text, none of them missing",
        ),
        (
            {"user": pd.Categorical([None], categories=["A"])},
            "the user ids of a data set must be text, none of them missing",
        ),
        ({"time": [0.5]}, "the times of a data set must be int64, found float64"),
    ],
)
def test_a_data_set_that_breaks_its_contract_is_told_so(make_interactions, change, message):
    frame = make_interactions([("A", "x", 1)]).frame.assign(**change)
    with pytest.raises(TypeError) as raised:
        prepare(Interactions(frame=frame), KEEP_ALL)
    assert str(raised.value) == message


class Given:
    """A data set that gives what it was made with, or raises it."""

    def __init__(self, result):
        self.result = result

    def load(self, places):
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def chosen(name, result, fallback=None):
    return SimpleNamespace(name=name, settings=Given(result), slot=DatasetSlot(fallback=fallback))


def never(message):
    raise AssertionError(message)


def test_a_data_set_that_is_there_is_used_and_its_fallback_is_not_touched(make_interactions):
    fallback = chosen("other", AssertionError("must not be loaded"))
    loaded = load(chosen("mine", make_interactions([("A", "x")]), fallback), Places(), never)
    assert (loaded.name, loaded.used_fallback, loaded.reason) == ("mine", False, "")


def test_a_fallback_stands_in_for_what_can_be_neither_found_nor_downloaded(make_interactions):
    fallback = chosen("other", make_interactions([("A", "x")]))
    said = []
    asked = chosen("mine", DataNotFound("it is not there"), fallback)
    loaded = load(asked, Places(), said.append)
    assert (loaded.name, loaded.instead_of, loaded.reason) == ("other", "mine", "it is not there")
    assert loaded.used_fallback
    line = "=" * 78
    assert said == [
        f"FALLBACK DATA\n{line}\n"
        "The data set 'mine' cannot be had. 'other' is used in its place:\n"
        "every number that follows is about 'other', not about 'mine'.\n"
        f"Why: it is not there\n{line}"
    ]


def test_a_fallback_is_cleaned_by_its_own_rules(make_interactions):
    fallback = chosen("other", make_interactions([("A", "x"), ("B", "y"), ("B", "x")]))
    fallback.slot = DatasetSlot(min_user_count=2)
    loaded = load(chosen("mine", DataNotFound("gone"), fallback), Places(), lambda message: None)
    assert loaded.store.user_ids.tolist() == ["B"]


def test_broken_data_is_an_error_whatever_the_fallback(make_interactions):
    fallback = chosen("other", make_interactions([("A", "x")]))
    with pytest.raises(DataError, match=r"^broken$"):
        load(chosen("mine", DataError("broken"), fallback), Places(), never)


def test_without_a_fallback_missing_data_is_an_error():
    with pytest.raises(DataNotFound, match=r"^gone$"):
        load(chosen("mine", DataNotFound("gone")), Places(), never)
