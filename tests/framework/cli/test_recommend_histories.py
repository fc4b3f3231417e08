"""``fw recommend`` after histories that are very short or very long."""

import json

import pytest

import tiny_runs

SOME = tiny_runs.ITEMS[5:13]  # as many as the run's max_len


@pytest.fixture
def recommended(command, tiny_run):
    """A function from histories to what is recommended after each."""

    def recommended(*histories):
        asked = [word for items in histories for word in ("--items", ",".join(items))]
        words = ("recommend", tiny_run, *asked, "-k", 30, "--json", "--device", "cpu")
        return json.loads(command(*words).stdout)["recommendations"]

    return recommended


def test_case_B20_after_one_item_all_others_are_ranked(recommended):
    (found,) = recommended(["12"])
    assert (found["method"], found["history_length"]) == ("model", 1)
    ids = [item["item"] for item in found["items"]]
    assert sorted(ids) == sorted(set(tiny_runs.ITEMS) - {"12"})
    assert len({item["score"] for item in found["items"]}) > 1


def test_case_B21_after_a_very_long_history_the_newest_items_count(recommended):
    assert len(SOME) == 8
    newest, long, older = recommended(SOME, SOME * 625, [*SOME[1:], SOME[0]] * 625)
    assert (newest["history_length"], long["history_length"]) == (8, 5000)
    assert long["items"] == newest["items"]
    assert older["items"] != newest["items"]
