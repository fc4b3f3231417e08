"""Recommendations of a finished run, in raw ids."""

import json
import math
import shutil

import attrs
import pandas as pd
import pytest
from click.testing import CliRunner

import tiny_runs
from fw.cli import main
from fw.engine.recommending import Recommender
from fw.engine.restore import restore
from fw.errors import UserError

HISTORIES = {}
for user, item, _ in tiny_runs.rows():
    HISTORIES.setdefault(user, []).append(item)


@pytest.fixture(scope="module")
def recommender(tiny_run):
    return Recommender(restore(tiny_run, device="cpu", warn=pytest.fail))


def ids(found):
    return [item.item for item in found.items]


def test_case_B16_the_rank_of_the_test_item_is_the_evaluators(recommender, tiny_run):
    ranks = pd.read_parquet(tiny_run / "ranks.parquet")
    test = ranks[ranks["split"] == "test"]
    assert len(test) == len(tiny_runs.USERS)
    assert (test["full-seen-out/tied"] == 0).all()
    for row in test.itertuples(index=False):
        *history, target = HISTORIES[row.user]
        assert row.target == target
        place = ids(recommender.for_items(history, k=len(tiny_runs.ITEMS))).index(target) + 1
        better = test.loc[test["user"] == row.user, "full-seen-out/better"].item()
        assert place == better + 1
        gain = test.loc[test["user"] == row.user, "full-seen-out/ndcg@10"].item()
        assert gain == pytest.approx(1 / math.log2(place + 1) if place <= 10 else 0, abs=1e-9)


def test_case_B16_the_test_item_does_not_move_a_score_before_it(recommender):
    *history, target = HISTORIES["u3"]
    before = recommender.for_items(history, k=24).items
    assert before == recommender.for_items(history, k=24).items  # nothing is drawn
    after = {item.item: item.score for item in recommender.for_items([*history, target]).items}
    assert any(after[item.item] != item.score for item in before if item.item in after)


def test_case_B16_another_test_item_in_the_file_changes_no_score(recommender, tmp_path):
    recipe = tiny_runs.write_recipe(tmp_path)
    *history, target = HISTORIES["u3"]
    other = next(item for item in tiny_runs.ITEMS if item not in (*history, target))
    log = (tmp_path / "log.csv").read_text(encoding="utf-8")
    row = f"u3,{{}},{1000 + len(history)}\n"
    assert row.format(target) in log
    (tmp_path / "log.csv").write_text(log.replace(row.format(target), row.format(other)), "utf-8")
    changed = Recommender(restore(tiny_runs.train_tiny(recipe), device="cpu", warn=pytest.fail))
    assert changed.run.data.split.store.lengths.sum() == sum(map(len, HISTORIES.values()))
    assert changed.for_items(history, k=24) == recommender.for_items(history, k=24)
    assert other in ids(changed.for_items(history, k=24))


def test_case_B67_only_what_is_left_is_recommended(recommender):
    history = tiny_runs.ITEMS[:-2]
    found = recommender.for_items(history, k=10)
    assert sorted(ids(found)) == sorted(tiny_runs.ITEMS[-2:])
    assert [item.rank for item in found.items] == [1, 2]
    assert all(math.isfinite(item.score) for item in found.items)
    assert found.items[0].score >= found.items[1].score


def test_case_B67_a_user_who_has_everything_gets_an_empty_list(recommender):
    found = recommender.for_user("007", k=10)
    assert (found.items, found.history_length) == ((), 24)
    everything = recommender.for_user("007", k=100, include_seen=True)
    assert sorted(ids(everything)) == sorted(tiny_runs.ITEMS)


@pytest.mark.parametrize("k", [0, -1])
def test_case_B67_k_below_one_is_refused(recommender, k):
    for ask in (recommender.for_user, recommender.for_items):
        with pytest.raises(UserError) as caught:
            ask("007", k=k)
        assert str(caught.value) == f"k must be at least 1, found {k}"


def test_case_B28_two_calls_give_the_same_list(recommender):
    assert recommender.for_user("x y") == recommender.for_user("x y")


def test_a_users_history_is_all_that_the_data_has(recommender):
    found, given = recommender.for_user("u5", k=24), recommender.for_items(HISTORIES["u5"], k=24)
    assert ids(found) == ids(given)
    assert found.history_length == len(HISTORIES["u5"])
    assert not set(ids(found)) & set(HISTORIES["u5"])


def test_case_B69_unknown_items_are_left_out_and_counted(recommender):
    found = recommender.for_items(["12", "NEW", "ä,b"])
    assert found.unknown_items == ("NEW",)
    assert found.items == recommender.for_items(["12", "ä,b"]).items
    assert found.method == "model"


@pytest.mark.parametrize("history", [[], ["NEW"]])
def test_case_B69_without_a_known_item_the_most_popular_are_recommended(recommender, history):
    found = recommender.for_items(history, k=24)
    trained = [item for items in HISTORIES.values() for item in items[:-2]]
    counts = [item.score for item in found.items]
    assert found.method == "popularity"
    assert counts == [trained.count(item) for item in ids(found)]
    assert counts == sorted(counts, reverse=True)


def test_case_B69_an_unknown_user_is_named(recommender):
    with pytest.raises(UserError) as caught:
        recommender.for_user("zzz")
    assert str(caught.value) == (
        "unknown user 'zzz': not one of the 30 users of the run's data, after cleaning"
    )


def test_titles_are_shown_where_the_data_has_them(recommender):
    frame = pd.DataFrame({"title": ["Heat", None]}, index=["12", "007"])
    store = attrs.evolve(recommender.run.data.split.store, item_frame=frame)
    split = attrs.evolve(recommender.run.data.split, store=store)
    run = attrs.evolve(recommender.run, data=attrs.evolve(recommender.run.data, split=split))
    found = {item.item: item.title for item in Recommender(run).for_items(["0.5"], k=24).items}
    assert (found["12"], found["007"]) == ("Heat", None)


def fw(*arguments, code=0):
    result = CliRunner().invoke(main, ["recommend", *map(str, arguments), "--device", "cpu"])
    assert result.exit_code == code, result.output
    return result


def test_case_B68_output_holds_the_ids_of_the_data(tiny_run):
    shown = fw(tiny_run, "--user", "x y", "--items", '12, "ä,b"', "-k", 30, "--json").stdout
    user, history = json.loads(shown)["recommendations"]
    assert user["user"] == "x y"
    assert {item["item"] for item in user["items"]} == set(tiny_runs.ITEMS) - set(HISTORIES["x y"])
    assert (history["user"], history["history_length"]) == (None, 2)
    assert {item["item"] for item in history["items"]} == set(tiny_runs.ITEMS) - {"12", "ä,b"}


def test_case_B69_an_unknown_user_does_not_stop_the_others(tiny_run):
    result = fw(tiny_run, "--user", "u3", "--user", "zzz", "--items", "NEW", code=2)
    assert result.stdout.startswith("user u3 (")
    assert result.stderr == (
        "warning: items that the data does not know, left out (1): 'NEW'\n"
        "warning: the history has no known item: these are the most popular items\n"
        "unknown user 'zzz': not one of the 30 users of the run's data, after cleaning\n"
    )


def test_the_command_says_so_when_nothing_is_left(tiny_run):
    result = fw(tiny_run, "--user", "007")
    assert result.stderr == ("warning: nothing is left to recommend: user 007 has every item\n")


def test_the_command_needs_a_request_and_a_k(tiny_run):
    assert "Error: give --user ID or --items LIST" in fw(tiny_run, code=2).stderr
    assert fw(tiny_run, "--user", "u3", "-k", 0, code=2).stderr == "k must be at least 1, found 0\n"


def test_case_B14_the_best_epoch_recommends(tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    shutil.rmtree(copy / "state")  # the last epoch's weights
    found = json.loads(fw(copy, "--user", "u3", "--json").stdout)
    assert found == json.loads(fw(tiny_run, "--user", "u3", "--json").stdout)
