"""Results by group of cases: who is in which group, and what they come to."""

import json
import math
import shutil
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import tiny_runs
from fw.cli import main
from fw.comparison.groups import in_groups, results_by_group
from fw.engine.finished.evaluations import evaluate_run
from fw.errors import RunError, UserError
from made_runs import make_run

HIT = "full/hr@10"
LENGTHS = [2, 3, 5, 5, 8, 13, 21, 40]
COUNTS = [0, 1, 0, 7, 7, 7, 9, 30]
HITS = [0.0, 1, 0, 1, 1, 1, 0, 1]


@pytest.fixture
def made(tmp_path):
    return make_run(
        tmp_path / "run",
        {HIT: np.array(HITS), "history_length": LENGTHS, "target_count": COUNTS},
    )


def shown(found):
    return [(one.by, one.group, one.num_cases, one.result.value) for one in found]


def test_cases_are_grouped_by_length_popularity_and_whether_the_target_was_trained_on(made):
    assert shown(results_by_group(made, num_groups=2)) == [
        ("all", "all", 8, 5 / 8),
        ("length", "2-5", 4, 2 / 4),
        ("length", "8-40", 4, 3 / 4),
        ("popularity", "0-7", 6, 4 / 6),
        ("popularity", "9-30", 2, 1 / 2),
        ("cold", "cold", 2, 0),
        ("cold", "known", 6, 5 / 6),
    ]


def test_a_group_has_the_standard_error_of_its_own_cases(made):
    *_, known = results_by_group(made, by=["cold"])
    values = [hit for hit, count in zip(HITS, COUNTS, strict=True) if count]
    assert known.metric == "test/full/hr@10"
    assert known.result.standard_error == pytest.approx(np.std(values, ddof=1) / math.sqrt(6))


def test_several_cases_of_a_user_are_no_independent_evidence(tmp_path):
    users = ["a", "a", "b", "b"]
    values = {HIT: np.array([1.0, 1, 0, 0]), "history_length": [1] * 4, "target_count": [1] * 4}
    run = make_run(tmp_path / "run", values, cases=users)
    everyone, known = results_by_group(run, by=["cold"])
    assert everyone.result == known.result
    assert everyone.num_cases == 4
    # Two users, all right and all wrong: the spread of two values, not of four.
    assert everyone.result.standard_error == pytest.approx(np.std([1, 0], ddof=1) / math.sqrt(2))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(2, 6))
def test_groups_part_the_cases_in_order_and_never_cut_a_value(values, number):
    values = np.array(values)
    found = in_groups(values, number)
    assert sum(chosen.astype(int) for _, chosen in found).tolist() == [1] * len(values)
    assert len(found) <= number
    ends = [(values[chosen].min(), values[chosen].max()) for _, chosen in found]
    assert all(before[1] < after[0] for before, after in pairwise(ends))
    assert [name for name, _ in found] == [
        f"{low}" if low == high else f"{low}-{high}" for low, high in ends
    ]


def test_groups_of_different_values_are_about_equally_large():
    rng = np.random.default_rng(0)
    sizes = [chosen.sum() for _, chosen in in_groups(rng.permutation(1003), 4)]
    assert max(sizes) - min(sizes) <= 2


def test_the_columns_of_a_real_run_are_its_histories_and_training_counts(tiny_run):
    histories = {}
    for user, item, _ in tiny_runs.rows():
        histories.setdefault(user, []).append(item)
    trained = [item for items in histories.values() for item in items[:-2]]
    ranks = pd.read_parquet(tiny_run / "ranks.parquet")
    for row in ranks.itertuples():
        cut = len(histories[row.user]) - (1 if row.split == "test" else 2)
        assert row.history_length == cut
        assert row.target_count == trained.count(histories[row.user][cut])


def test_all_cases_together_have_the_result_of_the_run(tiny_run):
    result = json.loads((tiny_run / "result.json").read_text())["metrics"]
    found = results_by_group(tiny_run, metrics=["ndcg@10", "valid/full-seen-out/hr@5"])
    everyone = {one.metric: one for one in found if one.by == "all"}
    assert set(everyone) == {"test/full-seen-out/ndcg@10", "valid/full-seen-out/hr@5"}
    for name, one in everyone.items():
        assert one.result.value == pytest.approx(result[name]["value"])
        assert one.result.standard_error == pytest.approx(result[name]["standard_error"])
    by_length = [one for one in found if one.by == "length" and one.metric.startswith("test")]
    assert sum(one.num_cases for one in by_length) == 30
    total = sum(one.num_cases * one.result.value for one in by_length)
    assert total / 30 == pytest.approx(result["test/full-seen-out/ndcg@10"]["value"])


def test_a_run_from_before_such_things_were_kept_gets_them_by_evaluating(tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "old")
    ranks = pd.read_parquet(copy / "ranks.parquet")
    ranks.drop(columns=["history_length", "target_count"]).to_parquet(copy / "ranks.parquet")
    with pytest.raises(RunError) as caught:
        results_by_group(copy)
    assert str(caught.value) == (
        f"{copy} has not kept the length of its cases' histories and the popularity of their "
        f"targets\n    fw evaluate {copy} adds them"
    )
    evaluate_run(copy, protocols=["full-seen-in"], device="cpu", warn=pytest.fail)
    found = results_by_group(copy, metrics=["full-seen-out/hr@10"])
    assert shown(found) == shown(results_by_group(tiny_run, metrics=["full-seen-out/hr@10"]))


def test_an_unknown_metric_is_refused(made):
    with pytest.raises(UserError) as caught:
        results_by_group(made, metrics=["hr@11"])
    assert str(caught.value) == (
        "--metric hr@11: not every run has it\n    shared by all: full/hr@10"
    )


def test_the_command_prints_a_table_or_json(made):
    runner = CliRunner()
    table = runner.invoke(main, ["groups", str(made), "--by", "cold"])
    assert table.exit_code == 0, table.output
    lines = [line.split() for line in table.stdout.splitlines()]
    assert ["test/full/hr@10", "cold", "cold", "2", "0.0000", "±", "0.0000"] in lines
    assert not any("length" in line for line in lines)
    found = json.loads(runner.invoke(main, ["groups", str(made), "--json"]).stdout)
    assert found["run"] == str(made)
    assert found["groups"][0] == {
        "metric": "test/full/hr@10",
        "by": "all",
        "group": "all",
        "num_cases": 8,
        "value": 0.625,
        "standard_error": pytest.approx(np.std(HITS, ddof=1) / math.sqrt(8)),
    }


def test_a_group_of_one_case_has_no_standard_error(tmp_path):
    values = {HIT: np.array([1.0, 0, 1]), "history_length": [1] * 3, "target_count": [0, 1, 1]}
    run = make_run(tmp_path / "run", values)
    shown = CliRunner().invoke(main, ["groups", str(run), "--by", "cold", "--json"])
    cold = json.loads(shown.stdout)["groups"][1]
    assert (cold["group"], cold["num_cases"], cold["standard_error"]) == ("cold", 1, None)
