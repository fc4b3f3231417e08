"""A run for use from Python."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import fw
import tiny_runs
from fw.errors import RunError, UserError

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def run(tiny_run):
    return fw.load(tiny_run, device="cpu", warn=pytest.fail)


def test_one_user_several_and_everybody_get_the_same(tiny_run):
    run = fw.load(tiny_run, device="cpu", warn=[].append)
    everybody = run.recommend(k=3)
    for asked in ("u3", "x y"):
        rows = everybody[everybody["user"] == asked].reset_index(drop=True)
        alone = run.recommend(asked, k=3)
        pd.testing.assert_frame_equal(rows, alone, rtol=1e-5)
    assert run.recommend(["x y", "u3"], k=1)["user"].tolist() == ["x y", "u3"]
    assert everybody["rank"].max() == 3


def test_a_history_of_items_is_answered_and_what_was_left_out_is_said(tiny_run):
    said = []
    run = fw.load(tiny_run, device="cpu", warn=said.append)
    found = run.recommend(items=["12", "NEW"], k=99)
    assert sorted(found["item"]) == sorted(set(tiny_runs.ITEMS) - {"12"})
    assert found["history"].eq(1).all()
    assert said == ["items that the data does not know, left out (1): 'NEW'"]
    assert "12" in run.recommend(items=["12"], k=99, seen=True)["item"].tolist()


def test_similar_items_are_a_frame(run, titled_run):
    found = run.similar("12", k=4)
    assert list(found.columns) == ["rank", "item", "score"]
    assert found["rank"].tolist() == [1, 2, 3, 4]
    assert found["score"].is_monotonic_decreasing
    titled = fw.load(titled_run, device="cpu").similar("12", k=4)
    assert titled["item"].tolist() == found["item"].tolist()
    assert "title" in titled


def test_ranks_and_epochs_are_those_of_the_folder(run, tiny_run):
    pd.testing.assert_frame_equal(run.ranks, pd.read_parquet(tiny_run / "ranks.parquet"))
    lines = [json.loads(line) for line in (tiny_run / "metrics.jsonl").read_text().splitlines()]
    assert run.history["epoch"].tolist() == [1, 2]
    for number, line in enumerate(lines):
        assert run.history.loc[number, "losses/bce"] == line["losses"]["bce"]
        name = "valid/full-seen-out/ndcg@10"
        assert run.history.loc[number, f"metrics/{name}"] == line["metrics"][name]


def test_a_run_that_is_not_finished_has_epochs_and_nothing_else(tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    (copy / "result.json").unlink()
    run = fw.load(copy, device="cpu")
    assert len(run.history) == 2
    message = f"the run is not finished: {copy}\n    go on with it: fw run --resume {copy}"
    for ask in (run.recommend, lambda: run.similar("12"), lambda: run.ranks):
        with pytest.raises(RunError) as caught:
            ask()
        assert str(caught.value) == message


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError) as caught:
        fw.load(tmp_path)
    assert str(caught.value) == f"not a run folder (it has no recipe.toml): {tmp_path}"


def test_what_cannot_be_meant_is_refused(run):
    for words, message in [
        ({"users": "u3", "items": ["12"]}, "recommend: give users or items, not both"),
        ({"items": "12"}, "recommend: items must be a list of ids, found the text '12'"),
        ({"users": "zzz"}, "unknown user 'zzz': not one of the 30 users of the run's data, after "
                           "cleaning"),
        ({"k": 0}, "k must be at least 1, found 0"),
    ]:  # fmt: skip
        with pytest.raises(UserError) as caught:
            run.recommend(**words)
        assert str(caught.value) == message


def test_a_loaded_run_names_its_folder(run, tiny_run):
    assert repr(run) == f"LoadedRun(folder='{tiny_run}')"


def test_the_example_of_the_page_on_recommending_works(tiny_run):
    page = (ROOT / "docs" / "recommending.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for shown, real in {"runs/sasrec-20260101-120000": str(tiny_run), '"42"': '"u3"'}.items():
        assert shown in example
        example = example.replace(shown, real)
    found = {}
    exec(example, found)
    assert len(found["run"].recommend("u3", k=20)) > 0
