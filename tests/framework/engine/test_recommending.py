"""Recommendations of a finished run, in raw ids."""

import math
import shutil

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny_runs
from fw.engine.evaluating.top_lists import first_items
from fw.engine.finished import next_items
from fw.engine.finished.model import open_trained
from fw.engine.finished.recommending import Recommender
from fw.errors import EvaluationError, RunError, UserError

HISTORIES = {}
for user, item, _ in tiny_runs.rows():
    HISTORIES.setdefault(user, []).append(item)


@pytest.fixture(scope="module")
def recommender(tiny_run):
    return Recommender(open_trained(tiny_run, device="cpu", warn=pytest.fail))


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
    changed = Recommender(
        open_trained(tiny_runs.train_tiny(recipe), device="cpu", warn=pytest.fail)
    )
    assert changed.run.split.store.lengths.sum() == sum(map(len, HISTORIES.values()))
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
    everything = recommender.for_user("007", k=100, seen=True)
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


def test_the_newest_known_items_of_a_history_come_with_its_list(recommender):
    found = recommender.for_items(["12", "007", "ä,b", "NEW", "0.5", "item 6", "item 7"])
    assert [item.item for item in found.latest] == ["007", "ä,b", "0.5", "item 6", "item 7"]
    assert [item.item for item in recommender.for_items(["12"]).latest] == ["12"]
    assert recommender.for_items(["NEW"]).latest == ()


def test_titles_are_shown_where_the_data_has_them(titled_run):
    recommender = Recommender(open_trained(titled_run, device="cpu", warn=pytest.fail))
    made = recommender.for_items(["0.5"], k=24)
    found = {item.item: item.title for item in made.items}
    assert (found["12"], found["007"]) == ("Heat (1995)", None)
    assert made.latest[0].title == "title of 0.5"


# Many at once --------------------------------------------------------------------------------


def slow_lists(recommender, histories, k, seen):
    """One history at a time, sorted by Python."""
    for history in histories:
        made = recommender.for_items(history, k=24, seen=True)
        left = [one for one in made.items if seen or one.item not in history]
        yield sorted(left, key=lambda one: (-one.score, tiny_numbers()[one.item]))[:k]


def tiny_numbers():
    """Items by the order of their first appearance in the data."""
    return {item: number for number, item in enumerate(dict.fromkeys(tiny_items()))}


def tiny_items():
    return [item for _, item, _ in tiny_runs.rows()]


histories_of_items = st.lists(st.lists(st.sampled_from(tiny_runs.ITEMS), max_size=12), max_size=9)


@settings(max_examples=40)
@given(histories_of_items, st.integers(1, 30), st.booleans())
def test_many_histories_get_what_each_gets_alone(recommender, histories, k, seen):
    found = recommender.answers(recommender.given(histories), k=k, seen=seen)
    for made, right in zip(found, slow_lists(recommender, histories, k, seen), strict=True):
        assert ids(made) == [one.item for one in right]
        assert [one.score for one in made.items] == pytest.approx(
            [one.score for one in right], abs=1e-6
        )


def test_chunks_change_no_list(recommender, monkeypatch):
    whole = recommender.lists(recommender.everybody(), k=5)
    monkeypatch.setattr(next_items, "_ROWS", 4)
    assert len(list(next_items._chunks(recommender.run, recommender.everybody().histories))) == 8
    parts = recommender.lists(recommender.everybody(), k=5)
    assert (parts.items == whole.items).all()
    assert parts.scores == pytest.approx(whole.scores, abs=1e-6)


def test_everybody_gets_what_each_user_gets(recommender):
    found = recommender.answers(recommender.everybody(), k=7)
    assert [one.user for one in found] == tiny_runs.USERS
    for one in found:
        assert ids(one) == ids(recommender.for_user(one.user, k=7))


def test_equal_scores_stand_in_the_order_of_first_appearance(recommender):
    scores = torch.tensor([[9.0, 1.0, 2.0, -0.0, 2.0, 0.0, -3.0, 9.0]])
    nothing = torch.tensor([], dtype=torch.int64)
    assert first_items(scores, nothing, nothing, 6).tolist() == [[2, 4, 1, 3, 5, 6]]
    one = torch.tensor([2])
    assert first_items(scores, one, one * 0, 6).tolist() == [[4, 1, 3, 5, 6, 0]]


def test_scores_that_are_not_finite_are_refused(tiny_run):
    run = open_trained(tiny_run, device="cpu", warn=pytest.fail)
    with torch.no_grad():
        run.model.encoder.items.weight[3] = math.nan
    with pytest.raises(EvaluationError) as caught:
        Recommender(run).for_items(["12"])
    assert str(caught.value) == "scores that are not finite: the weights probably are not either"


# From the run folder alone -------------------------------------------------------------------


def test_neither_the_data_set_nor_its_cache_is_needed(tiny_run, tmp_path, recommender, monkeypatch):
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path / "cache"))
    run = open_trained(without_data(tiny_run, tmp_path), device="cpu", warn=pytest.fail)
    assert Recommender(run).for_user("x y") == recommender.for_user("x y")
    assert Recommender(run).for_items(["NEW"]) == recommender.for_items(["NEW"])


def without_data(run, folder):
    """A copy of a run whose recipe names a file that is not there."""
    copy = shutil.copytree(run, folder / "copy")
    text = (copy / "recipe.toml").read_text(encoding="utf-8")
    assert "log.csv" in text
    (copy / "recipe.toml").write_text(text.replace("log.csv", "gone.csv"), encoding="utf-8")
    return copy


def test_a_run_without_histories_loads_its_data_set_again(tiny_run, tmp_path, recommender):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    (copy / "histories.parquet").unlink()
    run = open_trained(copy, device="cpu", warn=pytest.fail)
    assert Recommender(run).for_user("x y") == recommender.for_user("x y")


def test_case_B29_weights_of_another_model_are_refused(tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    text = (copy / "recipe.toml").read_text(encoding="utf-8")
    (copy / "recipe.toml").write_text(text.replace("hidden_size = 8", "hidden_size = 4"), "utf-8")
    with pytest.raises(RunError) as caught:
        open_trained(copy, device="cpu", warn=pytest.fail)
    first = str(caught.value).splitlines()[0]
    file = copy / "best.safetensors"
    assert first == f"the weights {file} do not fit the recipe: they are of another model"
